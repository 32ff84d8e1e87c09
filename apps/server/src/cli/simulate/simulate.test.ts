import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulate } from './testing/run-simulate.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-simulate-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Names and contents of what was written. */
async function filesIn(path: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(path)).sort()) files[name] = await readFile(join(path, name), 'utf8');
  return files;
}

describe('hearsay simulate', () => {
  it('A40: prints a table of the paper, the same for the same seed', async () => {
    const table = (seed: string): ReturnType<typeof simulate> =>
      simulate('--table', '1', '--runs', '3', '--nodes', '200', '--seed', seed);
    const first = await table('a');
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toContain('Table 1: push, feedback and counter');
    expect(first.out).toContain('200 sites, 3 runs a row, seed a');
    expect(first.out).toMatch(/k = 5 .*±/);
    expect((await table('a')).out).toBe(first.out);
    expect((await table('b')).out).not.toBe(first.out);
  });

  it('A41: writes JSON, CSV and plots', async () => {
    const out = join(directory, 'table');
    const { code, out: text } = await simulate('--table', '3', '--runs', '2', '--nodes', '100', '--out', out);
    expect(code).toBe(0);
    const files = await filesIn(out);
    expect(Object.keys(files)).toEqual([
      'table-3-residue.svg',
      'table-3-spread.svg',
      'table-3.csv',
      'table-3.json',
    ]);
    for (const file of Object.keys(files)) expect(text).toContain(join(out, file));
    expect(JSON.parse(files['table-3.json'] ?? '')).toMatchObject({ table: 3, runs: 2 });
    expect(files['table-3.csv']?.split('\n')).toHaveLength(1 + 3 * 4 + 1);
    expect(files['table-3-spread.svg']).toMatch(/^<svg[\s\S]*infective[\s\S]*<\/svg>/);
  });

  it('A50: spreads updates through whole nodes, tells the figures, and writes the same bytes for the same seed', async () => {
    const run = (out: string, seed: string): ReturnType<typeof simulate> =>
      simulate(
        ...['--topology', 'regions', '--regions', 'eu:3,us:2', '--region-latency', 'eu-us:40'],
        ...[
          '--updates',
          '12',
          '--runs',
          '2',
          '--loss',
          '10%',
          '--partition',
          'eu@0.2-3',
          '--crash',
          'us-1@0.5-2',
        ],
        ...['--strategy', 'default,mail', '--seed', seed, '--out', join(directory, out)],
      );
    const first = await run('one', 'a');
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toContain('5 nodes, 2 runs a row, seed a');
    expect(first.out).toMatch(/^ +residue s +at the end +traffic m +redundancy +t_ave +t_last +link mean/m);
    expect(first.out).toMatch(/^default( +[\d.]+ ±[\d.]+){10} +eu-us$/m);
    const files = await filesIn(join(directory, 'one'));
    expect(Object.keys(files)).toEqual([
      'nodes-links.csv',
      'nodes-links.svg',
      'nodes-residue.svg',
      'nodes-spread.svg',
      'nodes.csv',
      'nodes.json',
    ]);
    expect(files['nodes-links.csv']).toMatch(
      /^row,link,bytes\ndefault,eu-us,[\d.]+\ndefault,within (eu|us),/,
    );
    expect(files['nodes.csv']).toMatch(/\nmail,2,linkLargest,[\d.]+,[\d.]+,eu-us\n/);
    expect(files['nodes-links.svg']).toContain('within us');
    const again = await run('two', 'a');
    expect(again.out.replaceAll('/two/', '/one/')).toBe(first.out);
    expect(await filesIn(join(directory, 'two'))).toEqual(files);
    expect((await run('three', 'b')).out.replaceAll('/three/', '/one/')).not.toBe(first.out);
  });

  it('A50: one row is told figure by figure, with its worst link', async () => {
    const { out } = await simulate('--nodes', '3', '--updates', '3', '--runs', '1');
    expect(out).toMatch(/^ {2}redundancy +1 {2}payloads received/m);
    expect(out).toMatch(/^ {2}link largest +\d+ {2}bytes .*: n\d-n\d$/m);
    expect(out).not.toContain('±0');
  });

  it('A53: spreads rumours among the machines alone, in as many rows as there are combinations', async () => {
    const out = join(directory, 'epidemic');
    const options = ['--nodes', '50', '--strategy', 'paper-rumour', '--k', '1,2', '--direction', 'push,pull'];
    const { code, out: text } = await simulate('--epidemic', ...options, '--runs', '4', '--out', out);
    expect(code).toBe(0);
    for (const row of ['push, k = 1', 'push, k = 2', 'pull, k = 1', 'pull, k = 2']) {
      expect(text).toMatch(new RegExp(`^${row} .*±.* n\\d+-n\\d+$`, 'm'));
    }
    expect((await filesIn(out))['epidemic-spread.svg']).toContain('pull, k = 2');
  });

  it('A53: broadcasts over partial views beside flooding, plain push and the limit', async () => {
    const out = join(directory, 'broadcast');
    const { code, out: text } = await simulate(
      '--broadcast',
      '--nodes',
      '20,40',
      '--runs',
      '3',
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(text).toMatch(/^40 nodes, flooding .*±/m);
    expect(text).toMatch(/^40 nodes, limit +1 +0 +0 +6 rounds = 165$/m);
    expect(Object.keys(await filesIn(out))).toEqual(['broadcast.csv', 'broadcast.json', 'broadcast.svg']);
  });

  it('A53: times failure detection with and without Lifeguard', async () => {
    const out = join(directory, 'detection');
    const options = ['--nodes', '10', '--runs', '2', '--observed', '1', '--slow', '20%'];
    const { code, out: text } = await simulate('--detection', ...options, '--out', out);
    expect(code).toBe(0);
    expect(text).toMatch(/^ +with Lifeguard +without$/m);
    expect(text).toMatch(/^ms until all that are well know it is dead( +[\d.]+ ±[\d.]+){2}$/m);
    expect(Object.keys(await filesIn(out))).toEqual(['detection.csv', 'detection.json', 'detection.svg']);
  });
});
