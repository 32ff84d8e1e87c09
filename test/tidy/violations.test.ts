import { describe, expect, it } from 'vitest';
import { checkArrows, checkConfined, checkPure } from './arrows.ts';
import { checkCatalogue } from './catalogue.ts';
import { codeOf } from './code.ts';
import { findDeadExports } from './exports.ts';
import { findCycles, importsOf } from './imports.ts';
import { checkDependencies } from './manifests.ts';
import { checkRules, checkTitles, nearestSpec } from './rules.ts';
import type { Source } from './sources.ts';
import {
  checkHosts,
  checkIntegrity,
  checkLength,
  checkMarkers,
  checkPinned,
  checkSelfContained,
} from './text.ts';

/** A template that interpolates, as it stands in a file. */
const inTemplate = (code: string): string => ['`A8: of $', code, '`'].join('{').replace('{`', '}`');
const at = (path: string, text: string): Source => ({ path, text });

describe('a violation is seen:', () => {
  it('T12: a row that is missing or empty, a test or file that is not there', () => {
    const rows = [
      '| F01 | kill | [X1](a.test.ts) |',
      '| F02 | log | |',
      '| F03 | disk | [X2](a.test.ts) [X1](b.ts) |',
    ];
    const tests = [at('test/a.test.ts', "it('X1, X3: holds', f); // X2: no title")];
    const found = checkCatalogue(at('test/README.md', rows.join('\n')), tests);
    expect(found.filter((violation) => !violation.startsWith('no row'))).toEqual([
      'X2 in a.test.ts',
      'X1 in b.ts',
    ]);
    expect(found).toContain('no row for F02');
    expect(found).not.toContain('no row for F01');
    expect(found).not.toContain('no row for F03');
    expect(found).toHaveLength(2 + 100 + 18 + 52 + 53 - 2);
  });

  it.each([
    ['packages/core/src/a.ts', "import { x } from '@hearsay/storage';", 1],
    ['packages/core/src/a.ts', "import type { x } from '@hearsay/merkle';", 1],
    ['packages/merkle/src/a.ts', "export { x } from '@hearsay/document';", 1],
    ['packages/merkle/src/a.ts', "const x = await import('@hearsay/document');", 1],
    ['packages/gossip-sync/src/a.ts', "import { x } from '@hearsay/storage';", 1],
    ['packages/core/src/a.ts', "import { x } from '../../merkle/src/b.ts';", 1],
    ['apps/server/src/a.ts', "import { x } from '../../../packages/merkle/src/b.ts';", 1],
    ['test/cluster/a.ts', "import { x } from '../../apps/server/src/b.ts';", 1],
    ['packages/storage/src/a.ts', "import { x } from '@hearsay/merkle';", 0],
    ['packages/storage/src/a.test.ts', "import { x } from '@hearsay/simulator';", 0],
    ['packages/core/src/a.ts', "// import { x } from '@hearsay/storage';", 0],
    ['packages/core/src/a.ts', "const s = `\nimport { x } from '@hearsay/storage';`;", 0],
  ])('T1: %s: %s', (path, text, violations) => {
    expect(checkArrows(at(path, text))).toHaveLength(violations);
  });

  it.each([
    ['packages/storage/src/a.ts', "import * as Y from 'yjs';", 1],
    ['packages/gossip-sync/src/engine/a.ts', "import { WebSocket } from 'ws';", 1],
    ['packages/storage/src/a.ts', "type D = import('yjs').Doc;", 1],
    ['apps/server/src/node.ts', "import { run } from '@hearsay/simulator/epidemic';", 1],
    ['apps/server/src/cli/simulate/a.ts', "import { run } from '@hearsay/simulator/epidemic';", 0],
    ['packages/document/src/a.ts', "import * as Y from 'yjs';", 0],
    ['packages/gossip-sync/src/websocket/a.ts', "import { WebSocket } from 'ws';", 0],
  ])('T2: %s: %s', (path, text, violations) => {
    expect(checkConfined(at(path, text))).toHaveLength(violations);
  });

  it.each([
    ['const now = Date.now();', ['Date']],
    ['const now = () => performance.now() + Math.random();', ['performance', 'Math.random']],
    [
      'setTimeout(f, 1); setInterval(f, 1); setImmediate(f); queueMicrotask(f);',
      ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
    ],
    ['const id = crypto.randomUUID();', ['crypto']],
    [`const text = ${inTemplate('Date.now()')};`, ['Date']],
    ["import 'node:fs';", ['node:fs']],
    ["const glob = '/*'; console.log(process.env); const end = '*/';", ['console', 'process']],
    ["const text = 'Date'; // process\nreturn x.process; /* console */ const { process: own } = y;", []],
  ])('T3: %s', (text, names) => {
    const seen = checkPure(at('packages/merkle/src/a.ts', text));
    expect(seen.map((line) => line.split(' ').at(-1))).toEqual(names);
    expect(checkPure(at('packages/storage/src/a.ts', text))).toEqual([]);
  });

  it('T3: comments and strings become blanks of the same length', () => {
    const text = `a('b'); // c\n/* d\n */ ${inTemplate("f('}')")} g`;
    expect(codeOf(at('a.ts', text))).toHaveLength(text.length);
    expect(codeOf(at('a.ts', "a('b') // c"))).toBe("a(' ')     ");
  });

  it('T4: a file of 401 lines', () => {
    expect(checkLength(at('a.ts', 'line\n'.repeat(400)))).toEqual([]);
    expect(checkLength(at('a.ts', 'line\n'.repeat(401)))).toHaveLength(1);
    expect(checkLength(at('a.ts', `${'line\n'.repeat(400)}line`))).toHaveLength(1);
  });

  it('T5: files in a circle, unless only their types are', () => {
    const b = at('b.ts', "import { c } from './c.ts';");
    const c = at('c.ts', "export { a } from './a.ts';");
    expect(findCycles([at('a.ts', "import { b } from './b.ts';"), b, c])).toEqual([
      'a.ts → b.ts → c.ts → a.ts',
    ]);
    expect(findCycles([at('a.ts', "import type { b } from './b.ts';"), b, c])).toEqual([]);
  });

  it.each([
    ["import { used } from './a.ts';", []],
    ["import { type Other, used as mine } from './a.ts';", []],
    ["import * as all from './a.ts';", []],
    ["const { used } = await import('./a.ts');", []],
    ["import { used } from './other.ts';", ['used']],
    ['const used = 1;', ['used']],
  ])('T6: of an export where the only other file says %s', (text, dead) => {
    const seen = findDeadExports([
      at('packages/core/src/a.ts', 'export const used = 1;\nexport interface Type {}'),
      at('packages/core/src/b.ts', text),
    ]);
    expect(seen.map((line) => line.replace(/^.* exports (\w+),.*$/, '$1'))).toEqual(dead);
  });

  it('T6: not of what the manifest offers', () => {
    const entry = at('packages/core/src/index.ts', 'export function main() {}');
    const manifest = at('packages/core/package.json', '{ "exports": { "source": "./src/index.ts" } }');
    expect(findDeadExports([entry])).toHaveLength(1);
    expect(findDeadExports([entry, manifest])).toEqual([]);
  });

  it('T7: rules without a test, tests without a rule, and rules stated twice', () => {
    const spec = at('p/SPEC.md', '| A1 | holds |\n| A2 | too |\n- A3. and this\n- A3. again');
    const tests = [
      at('p/a.test.ts', "it('A1: holds', f); test('A9: what', f); it('no rule', f);"),
      at('p/b.test.ts', "it.each<[string, () => void]>([['(', g()], [')', h]])('A3, A1: of %s', f);"),
      at(
        'p/c.test.ts',
        `it.each([1])(\n  ${inTemplate('x')}, f); // it('A7: not this', f)\nsubmit('A6: nor this')`,
      ),
    ];
    expect(checkRules(spec, tests)).toEqual([
      'p/SPEC.md states A3 twice',
      'p/SPEC.md: no test shows A2',
      'p/a.test.ts: "A9: what" shows A9, which is not stated',
      'p/a.test.ts: no rule for "no rule"',
      `p/c.test.ts: "${inTemplate('x').slice(1, -1)}" shows A8, which is not stated`,
    ]);
    expect(checkTitles([at('test/x/a.test.ts', "it('A2: here', f)")], ['A1'])).toHaveLength(1);
    const specs = [at('test/SPEC.md', ''), at('test/x/SPEC.md', ''), at('p/SPEC.md', '')];
    expect(nearestSpec(at('test/x/y/a.test.ts', ''), specs)).toBe(specs[1]);
    expect(nearestSpec(at('q/a.test.ts', ''), specs)).toBeUndefined();
  });

  it('T8: a host in the lock file', () => {
    expect(checkHosts(at('pnpm-lock.yaml', 'tarball: https://example.org/a.tgz'))).toHaveLength(1);
  });

  it.each(['TO-DO: later', 'it.sk-ip(', 'it.on-ly(', 'describe.to-do('])('T9: %s', (text) => {
    expect(checkMarkers(at('a.ts', text.replace('-', '')))).toHaveLength(1);
    expect(checkMarkers(at('a.ts', text))).toEqual([]);
  });

  it.each([
    ['cd /wo-rk/main', 1],
    ['~/ro-ot/.profile is "/ro-ot/.profile"', 1],
    ['from regis-try.example.org', 1],
    ['as this ses-sion found', 1],
    ['by a Sub-agent', 1],
    ['src/wo-rk/main and the session of a client', 0],
  ])('T10: %s', (text, violations) => {
    expect(checkSelfContained(at('a.md', text.replaceAll('-', '')))).toHaveLength(violations);
  });

  it('T13: a range in the catalog, and a package without a checksum', () => {
    const workspace =
      'packages:\n  - a\n\ncatalog:\n  ws: 8.23.0\n  "@a/b": ^1.0.0\n  c: latest\n\noverrides:\n  d: 1\n';
    expect(checkPinned({ path: 'w.yaml', text: workspace })).toEqual([
      'w.yaml takes "@a/b" ^1.0.0',
      'w.yaml takes c latest',
    ]);
    const lock =
      '  a@1.0.0:\n    resolution: {integrity: sha512-x}\n\n  b@1.0.0:\n    resolution: {tarball: b.tgz}\n';
    expect(checkIntegrity({ path: 'l.yaml', text: lock })).toEqual(['l.yaml has no checksum of b@1.0.0']);
  });

  it('T11: a dependency for development alone, imported by code that is shipped', () => {
    const manifest = at(
      'packages/core/package.json',
      '{ "name": "@hearsay/core", "dependencies": { "@a/b": "1" }, "devDependencies": { "c": "1" } }',
    );
    const text = "import b from '@a/b/deep'; import c from 'c'; import type d from 'd'; import './e.ts';";
    expect(checkDependencies(manifest, [at('packages/core/src/a.ts', text)])).toHaveLength(1);
    expect(checkDependencies(manifest, [at('packages/core/src/a.test.ts', text)])).toEqual([]);
    expect(checkDependencies(manifest, [at('packages/merkle/src/a.ts', text)])).toEqual([]);
  });

  it('T5: imports are read whatever their form', () => {
    const text = `import a, { type B, c as d } from 'x';\nimport type { E } from "y";\nexport * from './z.ts';\nimport 'w';`;
    expect(importsOf(at('a.ts', text))).toEqual([
      { specifier: 'x', typeOnly: false, names: ['default', 'B', 'c'] },
      { specifier: 'y', typeOnly: true, names: ['E'] },
      { specifier: './z.ts', typeOnly: false, names: null },
      { specifier: 'w', typeOnly: false, names: null },
    ]);
  });
});
