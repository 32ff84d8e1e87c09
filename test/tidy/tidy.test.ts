import { describe, expect, it } from 'vitest';
import { checkArrows, checkConfined, checkPure } from './arrows.ts';
import { findCycles } from './cycles.ts';
import { findDeadExports } from './exports.ts';
import { checkRules } from './rules.ts';
import { codeOf, listSources, type Source } from './sources.ts';

const sources = listSources('.ts', '.tsx');
const at = (path: string, text: string): Source => ({ path, text });

describe('tidy', () => {
  it('T1: arrows between packages point down', () => {
    expect(sources.flatMap(checkArrows)).toEqual([]);
    expect(checkArrows(at('packages/core/src/a.ts', "import { x } from '@hearsay/storage';"))).toHaveLength(
      1,
    );
    expect(
      checkArrows(at('packages/core/src/a.ts', "import { x } from '../../merkle/src/b.ts';")),
    ).toHaveLength(1);
    expect(checkArrows(at('packages/storage/src/a.ts', "import { x } from '@hearsay/merkle';"))).toEqual([]);
  });

  it('T2: yjs and ws are known only where they belong', () => {
    expect(sources.flatMap(checkConfined)).toEqual([]);
    expect(checkConfined(at('packages/storage/src/a.ts', "import * as Y from 'yjs';"))).toHaveLength(1);
    expect(
      checkConfined(at('packages/gossip-sync/src/engine/a.ts', "import { WebSocket } from 'ws';")),
    ).toHaveLength(1);
  });

  it('T3: pure packages touch no clock, randomness or platform', () => {
    expect(sources.flatMap((source) => checkPure(source, codeOf(source)))).toEqual([]);
    for (const text of [
      'Date.now()',
      'Math.random()',
      'setTimeout(f, 1)',
      "import 'node:fs'",
      'console.log(1)',
    ]) {
      const bad = at('packages/merkle/src/a.ts', text);
      expect([text, checkPure(bad, codeOf(bad))]).toEqual([text, [expect.any(String)]]);
    }
    const good = at('packages/merkle/src/a.ts', "const s = 'Date'; // process\nreturn x.process;");
    expect(checkPure(good, codeOf(good))).toEqual([]);
  });

  it('T4: no file is longer than 400 lines', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('T5: no import cycles', () => {
    expect(findCycles(sources)).toEqual([]);
    const cycle = [at('a.ts', "import { b } from './b.ts';"), at('b.ts', "import { a } from './a.ts';")];
    expect(findCycles(cycle)).toEqual(['a.ts → b.ts → a.ts']);
    expect(findCycles([at('a.ts', "import type { b } from './b.ts';"), cycle[1] ?? at('', '')])).toEqual([]);
  });

  it('T6: no dead exports', () => {
    expect(findDeadExports(sources)).toEqual([]);
    expect(findDeadExports([at('packages/core/src/a.ts', 'export const lonely = 1;')])).toHaveLength(1);
  });

  it('T7: every rule has a test, every test a rule', () => {
    const specs = listSources('SPEC.md');
    const faults = specs.flatMap((spec) => {
      const folder = spec.path.replace(/SPEC\.md$/, '');
      return checkRules(
        spec,
        sources.filter(({ path }) => path.startsWith(folder) && /(\.test|\/contract(\/.*)?)\.ts$/.test(path)),
      );
    });
    expect(faults).toEqual([]);
    expect(specs.length).toBeGreaterThan(3);
    const spec = at('p/SPEC.md', '| A1 | holds |\n| A2 | too |');
    const tests = [at('p/a.test.ts', "it('A1: holds', f); it('A9: what', f); it('no rule', f);")];
    expect(checkRules(spec, tests)).toEqual([
      'p/SPEC.md: no test shows A2',
      'p/SPEC.md does not state A9',
      'no rule for p/a.test.ts: "no rule"',
    ]);
  });

  it('T8: the lock file names no host', () => {
    const [lock] = listSources('pnpm-lock.yaml');
    expect(lock?.text).not.toMatch(/https?:\/\//);
  });

  it('T9: nothing is left open in the code', () => {
    const markers = /\b(TODO|FIXME|XXX)\b|\.(skip|todo|only)\(/;
    const open = sources.filter(({ path, text }) => !path.startsWith('test/tidy/') && markers.test(text));
    expect(open.map(({ path }) => path)).toEqual([]);
    expect(markers.test('it.skip(')).toBe(true);
  });
});
