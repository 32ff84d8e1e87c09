import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Cluster, contentOf, testSecret } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

it('L64: all that a node makes is for its owner alone, also where the directory is not, which it says', async () => {
  const data = join(await cluster.directory(), 'open');
  await mkdir(data, { mode: 0o755 });
  const node = await cluster.node({ data });
  cluster.client(node, 'a').doc.getText('text').insert(0, 'for our eyes only');
  await eventually('it to be kept', async () => (await contentOf(node, 'a')) !== undefined);
  const out = join(data, 'backup');
  const backup = ['backup', '--node', node.http, '--out', out];
  expect(await runCommand(backup, { HEARSAY_SECRET: testSecret })).toMatchObject({ exitCode: 0 });
  expect(await node.stop('SIGTERM')).toBe(0);
  const made = await readdir(data, { recursive: true });
  expect(made).toEqual(expect.arrayContaining(['db', 'store.json', join('db', 'CURRENT'), 'backup']));
  for (const path of made) expect([path, (await stat(join(data, path))).mode & 0o077]).toEqual([path, 0]);
  expect(node.output()).toContain('"code":"DIRECTORY_OPEN"');
});
