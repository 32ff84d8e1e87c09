import { codeOf } from './code.ts';
import type { Source } from './sources.ts';

const ruleRow = /^\|\s*([A-Z]{1,2}\d+[a-z]?)\s*\|/gm;
const ruleHeading = /^(?:#+\s*|-\s*\**|\**)([A-Z]{1,2}\d+[a-z]?)[.:]/gm;
const rulesOfTitle = /^((?:[A-Z]{1,2}\d+[a-z]?(?:,\s*)?)+):/;
const testCall = /(?<![.\w])(?:it|test)(?=[.(<])/g;

/** The numbers a SPEC.md lists. */
export function rulesOf(spec: Source): string[] {
  return [...spec.text.matchAll(ruleRow), ...spec.text.matchAll(ruleHeading)].map((match) => match[1] ?? '');
}

/** The SPEC.md of the innermost folder around a test that has one. */
export function nearestSpec(test: Source, specs: readonly Source[]): Source | undefined {
  const around = specs.filter(({ path }) => test.path.startsWith(path.replace(/SPEC\.md$/, '')));
  return around.sort((a, b) => b.path.length - a.path.length)[0];
}

/** The titles of a file's tests, as they stand in the code. */
export function titlesOf(test: Source): string[] {
  const code = codeOf(test);
  return [...code.matchAll(testCall)].flatMap((match) => {
    const start = lastGroup(code, match.index + match[0].length);
    const title = start === undefined ? undefined : /^\s*(['"`])/.exec(code.slice(start + 1));
    if (start === undefined || title === null || title === undefined) return [];
    const from = start + 1 + title[0].length;
    return [test.text.slice(from, code.indexOf(title[1] ?? '', from))];
  });
}

/** Rules nobody shows, rules stated twice or not at all, and tests of no rule, in the folder of one SPEC.md. */
export function checkRules(spec: Source, tests: readonly Source[]): string[] {
  const stated = rulesOf(spec);
  const titles = tests.flatMap((test) => titlesOf(test).map((title) => ({ test, title })));
  const demonstrated = new Set(titles.flatMap(({ title }) => rulesShown(title)));
  return [
    ...stated
      .filter((rule, index) => stated.indexOf(rule) < index)
      .map((rule) => `${spec.path} states ${rule} twice`),
    ...stated.filter((rule) => !demonstrated.has(rule)).map((rule) => `${spec.path}: no test shows ${rule}`),
    ...checkTitles(tests, stated),
  ];
}

/** Tests that show none of the rules, or one that is not stated. */
export function checkTitles(tests: readonly Source[], stated: readonly string[]): string[] {
  return tests.flatMap((test) =>
    titlesOf(test).flatMap((title) => {
      const rules = rulesShown(title);
      if (rules.length === 0) return [`${test.path}: no rule for "${title}"`];
      return rules
        .filter((rule) => !stated.includes(rule))
        .map((rule) => `${test.path}: "${title}" shows ${rule}, which is not stated`);
    }),
  );
}

function rulesShown(title: string): string[] {
  return rulesOfTitle.exec(title)?.[1]?.split(/,\s*/) ?? [];
}

/** Where the last parenthesis of `.each<…>(…)(…)` opens. */
function lastGroup(code: string, from: number): number | undefined {
  let at = from;
  let last: number | undefined;
  for (;;) {
    const property = /^\.\w+/.exec(code.slice(at));
    if (property !== null) at += property[0].length;
    else if (code[at] === '<') at = closing(code, at, '<', '>');
    else if (code[at] === '(') {
      last = at;
      at = closing(code, at, '(', ')');
    } else return last;
  }
}

function closing(code: string, from: number, open: string, close: string): number {
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    if (code[at] === open) depth++;
    // An arrow in a type closes nothing.
    else if (code[at] === close && !(close === '>' && code[at - 1] === '=') && --depth === 0) return at + 1;
  }
  return code.length;
}
