import type { Source } from './sources.ts';

const ruleRow = /^\|\s*([A-Z]{1,2}\d+[a-z]?)\s*\|/gm;
const ruleHeading = /^(?:#+\s*|-\s*\**|\**)([A-Z]{1,2}\d+[a-z]?)[.:]/gm;
const testTitle =
  /\b(?:it|test)(?:\.\w+(?:\((?:[^()]|\([^()]*\))*\))?)*\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g;
const rulesOfTitle = /^((?:[A-Z]{1,2}\d+[a-z]?(?:,\s*)?)+):/;

/** The numbers a SPEC.md lists. */
export function rulesOf(spec: Source): string[] {
  return [...spec.text.matchAll(ruleRow), ...spec.text.matchAll(ruleHeading)].map((match) => match[1] ?? '');
}

/** The numbers that a test file's titles begin with, and the titles that begin with none. */
export function rulesShown(test: Source): {
  readonly rules: readonly string[];
  readonly unnumbered: readonly string[];
} {
  const rules: string[] = [];
  const unnumbered: string[] = [];
  for (const match of test.text.matchAll(testTitle)) {
    const title = match[2] ?? '';
    const numbers = rulesOfTitle.exec(title)?.[1];
    if (numbers === undefined) unnumbered.push(`${test.path}: "${title}"`);
    else rules.push(...numbers.split(/,\s*/));
  }
  return { rules, unnumbered };
}

/** Rules nobody shows, rules that do not exist, and tests of no rule, in one package. */
export function checkRules(spec: Source, tests: readonly Source[]): string[] {
  const stated = new Set(rulesOf(spec));
  const shown = tests.map(rulesShown);
  const demonstrated = new Set(shown.flatMap(({ rules }) => rules));
  return [
    ...[...stated]
      .filter((rule) => !demonstrated.has(rule))
      .map((rule) => `${spec.path}: no test shows ${rule}`),
    ...[...demonstrated]
      .filter((rule) => !stated.has(rule))
      .map((rule) => `${spec.path} does not state ${rule}`),
    ...shown.flatMap(({ unnumbered }) => unnumbered.map((title) => `no rule for ${title}`)),
  ];
}
