import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../program.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-simulate-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function simulate(...arguments_: string[]): Promise<{ code: number; out: string; err: string }> {
  const collect = (): { stream: Writable; text: () => string } => {
    let text = '';
    const stream = new Writable({
      write: (chunk, _, done) => {
        text += String(chunk);
        done();
      },
    });
    return { stream, text: () => text };
  };
  const [out, err] = [collect(), collect()];
  const code = await runCli({
    arguments: ['simulate', ...arguments_],
    environment: {},
    stdout: out.stream,
    stderr: err.stream,
    stop: new AbortController().signal,
  });
  return { code, out: out.text(), err: err.text() };
}

describe('hearsay simulate', () => {
  it('A40: prints a table of the paper, the same for the same seed', async () => {
    const first = await simulate('--table', '1', '--runs', '3', '--sites', '200', '--seed', 'a');
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toContain('Table 1: push, feedback and counter');
    expect(first.out).toContain('200 sites, 3 runs a row, seed a');
    expect(first.out).toMatch(/k = 5 .*±/);
    expect((await simulate('--table', '1', '--runs', '3', '--sites', '200', '--seed', 'a')).out).toBe(
      first.out,
    );
    expect((await simulate('--table', '1', '--runs', '3', '--sites', '200', '--seed', 'b')).out).not.toBe(
      first.out,
    );
  });

  it('A41: writes JSON, CSV and plots', async () => {
    const { code, out } = await simulate('--table', '3', '--runs', '2', '--sites', '100', '--out', directory);
    expect(code).toBe(0);
    const files = (await readdir(directory)).sort();
    expect(files).toEqual(['table-3-residue.svg', 'table-3-spread.svg', 'table-3.csv', 'table-3.json']);
    for (const file of files) expect(out).toContain(join(directory, file));
    expect(JSON.parse(await readFile(join(directory, 'table-3.json'), 'utf8'))).toMatchObject({
      table: 3,
      runs: 2,
    });
    expect((await readFile(join(directory, 'table-3.csv'), 'utf8')).split('\n')).toHaveLength(1 + 3 * 4 + 1);
    expect(await readFile(join(directory, 'table-3-spread.svg'), 'utf8')).toMatch(
      /^<svg[\s\S]*infective[\s\S]*<\/svg>/,
    );
  });

  it('A42: says what is wrong with its arguments', async () => {
    expect(await simulate('--table', '7')).toMatchObject({ code: 64, out: '' });
    expect((await simulate('--table', '7')).err).toContain('There are tables 1 to 5.');
    expect((await simulate('--table', '1', '--runs', '0')).err).toContain('whole number above 0');
    expect((await simulate()).err).toContain('--table');
  });
});
