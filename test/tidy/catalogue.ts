import { posix } from 'node:path';
import type { Source } from './sources.ts';

/** What the catalogue of tests has to have a row for. */
const sections: readonly (readonly [prefix: string, count: number, digits: number])[] = [
  ['F', 100, 2],
  ['I', 18, 1],
  ['S', 52, 2],
  ['', 53, 2],
];

/** Rows that are missing or say nothing, and tests that are named and not there. */
export function checkCatalogue(catalogue: Source, sources: readonly Source[]): string[] {
  const rows = new Map(
    [...catalogue.text.matchAll(/^\| (\S+) \| [^|]+ \| ([^|]*) \|$/gm)].map(([, id = '', by = '']) => [
      id,
      by,
    ]),
  );
  const expected = sections.flatMap(([prefix, count, digits]) =>
    Array.from({ length: count }, (_, at) => `${prefix}${String(at + 1).padStart(digits, '0')}`),
  );
  const missing = expected.filter((id) => (rows.get(id) ?? '').trim() === '');
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const named = [...catalogue.text.matchAll(/\[([A-Z]+\d+)\]\(([^)]+)\)/g)];
  const unfounded = named.flatMap(([, rule = '', link = '']) => {
    const text = texts.get(posix.join(posix.dirname(catalogue.path), link));
    const title = new RegExp(`['"\`](?:[A-Z]+\\d+, )*${rule}(?:, [A-Z]+\\d+)*:`);
    return text !== undefined && title.test(text) ? [] : [`${rule} in ${link}`];
  });
  return [...missing.map((id) => `no row for ${id}`), ...unfounded];
}
