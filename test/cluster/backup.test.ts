import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openNodeStore } from '@hearsay/storage/node';
import { afterEach, describe, expect, it } from 'vitest';
import { type CommandOutcome, runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Cluster, contentOf, rootsOf, statusOf, testSecret, untilEqual } from './cluster.ts';
import { documentName, prefill, storeOptions } from './prefill.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

function hearsay(...arguments_: readonly string[]): Promise<CommandOutcome> {
  return runCommand(arguments_, { HEARSAY_SECRET: testSecret });
}

/** Deletes documents of a store that no node has open. */
async function deleteFrom(directory: string, names: readonly string[]): Promise<void> {
  const opened = await openNodeStore(storeOptions(directory));
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  for (const name of names) {
    await store.deleteDocument({ collection: 'default', name }, Date.now(), store.identity.replicaId);
  }
  await store.close();
}

describe('backup and restore', () => {
  it('L28: a backup made under writes, restored and joined to its cluster, ends equal, and nothing deleted comes back', async () => {
    const [data, work] = [await cluster.directory(), await cluster.directory()];
    await prefill(data, 300);
    const first = await cluster.node({ data });
    const second = await cluster.node({ join: [first.url] });
    const client = cluster.client(first, 'live');
    let writing = true;
    const writer = (async () => {
      while (writing) {
        client.doc.getText('text').insert(0, 'x');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    await eventually('the writer to be heard', async () => (await contentOf(second, 'live')) !== undefined);
    const out = join(work, 'backup');
    const whole = await hearsay('backup', '--node', first.http, '--out', out);
    expect([whole.exitCode, whole.stderr]).toEqual([0, expect.stringContaining('backup: 100 %')]);
    const added = await hearsay('backup', '--node', first.http, '--out', out, '--json');
    const { parts, part, damaged } = JSON.parse(added.stdout);
    expect([parts, damaged]).toEqual([2, []]);
    // Only what is written to, though perhaps more than once: it changes while it is told.
    expect(part.records).toBeGreaterThan(0);
    expect(part.records).toBeLessThan(10);
    writing = false;
    await writer;
    await untilEqual([first, second], 301);
    // While the backup rests, the cluster deletes a third of the documents and goes on.
    expect(await first.stop('SIGTERM')).toBe(0);
    const deleted = Array.from({ length: 100 }, (_, index) => documentName(index * 3));
    await deleteFrom(data, deleted);
    await first.start();
    await untilEqual([first, second], 301);
    const restored = join(work, 'restored');
    const restore = await hearsay('restore', '--from', out, '--data', restored);
    expect([restore.exitCode, restore.stdout]).toEqual([
      0,
      expect.stringContaining('restored 301 documents'),
    ]);
    const third = await cluster.node({ data: restored, join: [second.url] });
    await untilEqual([first, second, third], 301);
    for (const name of deleted.slice(0, 10)) expect(await contentOf(third, name)).toBe(undefined);
    expect(await contentOf(third, documentName(1))).toEqual(await contentOf(first, documentName(1)));
    expect(await contentOf(third, 'live')).toEqual(await contentOf(first, 'live'));
    const ids = await Promise.all(
      [first, second, third].map(async (node) => (await statusOf(node)).replicaId),
    );
    expect(new Set(ids).size).toBe(3);
    // The client of before the backup goes on, and so does a new one at the restored node: nothing is numbered twice.
    const late = cluster.client(third, 'live');
    await eventually('in sync', () => late.provider.synced && late.text() === client.text());
    late.doc.getText('text').insert(0, 'late;');
    client.doc.getText('text').insert(client.text().length, ';on');
    await eventually(
      'both to have both',
      () => late.text() === client.text() && /^late;x+;on$/.test(late.text()),
    );
    await untilEqual([first, second, third], 301);
    for (const node of [first, second, third]) {
      expect(await contentOf(node, 'live')).toEqual({ text: late.text() });
      expect((await statusOf(node)).gossip.alarms).toEqual([]);
    }
  });

  it('L29: a stopped node is backed up as a running one, and its restored store has its roots', async () => {
    const [data, work] = [await cluster.directory(), await cluster.directory()];
    await prefill(data, 500);
    await deleteFrom(data, [documentName(7)]);
    const out = join(work, 'backup');
    expect((await hearsay('backup', '--data', data, '--out', out)).exitCode).toBe(0);
    const node = await cluster.node({ data });
    expect((await hearsay('backup', '--data', data, '--out', out)).stderr).toContain(
      'error DATA_DIRECTORY_LOCKED',
    );
    const again = await hearsay('backup', '--node', node.http, '--out', out);
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('nothing has changed')]);
    const copy = join(work, 'copy');
    const restore = await hearsay('restore', '--from', out, '--data', copy, '--as-new-cluster', 'rehearsal');
    expect(restore.exitCode).toBe(0);
    const rehearsal = await cluster.node({ data: copy, cluster: 'rehearsal' });
    expect(await rootsOf(rehearsal)).toBe(await rootsOf(node));
    expect((await statusOf(rehearsal)).cluster).toBe('rehearsal');
  });

  it('L29: what is wrong is said with a code and an exit status, and nothing is made', async () => {
    const [data, work] = [await cluster.directory(), await cluster.directory()];
    await prefill(data, 20);
    const out = join(work, 'backup');
    await hearsay('backup', '--data', data, '--out', out);
    const damaged = join(work, 'damaged');
    await cp(out, damaged, { recursive: true });
    const part = join(damaged, 'part-000001.hearsay');
    const bytes = await readFile(part);
    bytes[bytes.byteLength >> 1] = (bytes[bytes.byteLength >> 1] ?? 0) ^ 16;
    await writeFile(part, bytes);
    const node = await cluster.node({ data });
    const before = (await readdir(work)).sort();
    const target = join(work, 'target');
    const cases: readonly (readonly [readonly string[], string, number])[] = [
      [['restore', '--from', damaged, '--data', target], 'BACKUP_DAMAGED', 65],
      [['restore', '--from', join(work, 'nowhere'), '--data', target], 'BACKUP_DAMAGED', 65],
      [['restore', '--from', out, '--data', data], 'DATA_DIRECTORY_LOCKED', 75],
      [['restore', '--from', out, '--data', target, '--as-new-cluster', 'a b'], 'CONFIG_INVALID', 78],
      [['restore', '--from', out], 'USAGE', 64],
      [['backup', '--out', target], 'NO_BACKUP_SOURCE', 64],
      [['backup', '--node', 'http://127.0.0.1:1', '--out', target], 'NODE_UNREACHABLE', 69],
      [
        ['backup', '--node', node.http, '--secret', `${testSecret}0`, '--out', join(target, 'other')],
        'NODE_REFUSED',
        77,
      ],
      [['verify-store', '--data', join(work, 'nowhere')], 'STORE_DAMAGED', 65],
      [['verify-store', '--data', data], 'DATA_DIRECTORY_LOCKED', 75],
    ];
    const ended = await Promise.all(
      cases.map(async ([arguments_]) => {
        const { exitCode, stderr } = await hearsay(...arguments_);
        return [/error (\w+): /.exec(stderr)?.[1], exitCode];
      }),
    );
    expect(ended).toEqual(cases.map(([, code, exitCode]) => [code, exitCode]));
    expect((await readdir(work)).sort().filter((name) => name !== 'target')).toEqual(before);
    const made = await readdir(target, { recursive: true, withFileTypes: true }).catch(() => []);
    expect(made.filter((entry) => entry.isFile())).toEqual([]);
  });
});
