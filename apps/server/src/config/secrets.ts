/** The secrets of a cluster as they are given, one a line: the first proves, all are taken. */
export function secretsIn(text: string): readonly [string, ...string[]] {
  const [first = '', ...others] = text.split(/\r?\n/).filter((line) => line !== '');
  return [first, ...others];
}
