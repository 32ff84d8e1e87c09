import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openNodeStore } from '@hearsay/storage/node';
import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { hearsayEntry, runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Cluster, contentOf, rootsOf, statusOf, testSecret, untilEqual } from './cluster.ts';
import { damagedAt, flip, holds } from './flip.ts';
import { documentName, prefill, storeOptions } from './prefill.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

/** Writes to a document of a store that no node has open. */
async function write(
  directory: string,
  name: string,
  client: number,
  texts: readonly string[],
): Promise<void> {
  const opened = await openNodeStore(storeOptions(directory));
  if (!opened.ok) throw new Error(opened.error.message);
  const doc = new Y.Doc();
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const text of texts) doc.getText('text').insert(doc.getText('text').length, text);
  for (const update of updates) {
    const stored = await opened.value.submit({ collection: 'default', name }, update, { kind: 'local' });
    if (!stored.ok) throw new Error(stored.error.message);
  }
  await opened.value.idle();
  await opened.value.close();
}

const isView = (name: string): boolean => name.startsWith('view-');

async function childrenOf(pid = 0): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').map(Number);
}

describe('damage', () => {
  it('L30: flipped bits are found without anybody asking, listed, not served, healed from a peer, and released', async () => {
    const [data, other] = [await cluster.directory(), await cluster.directory()];
    for (const directory of [data, other]) {
      await prefill(directory, 50);
      // Larger than one answer of a peer.
      const parts = Array.from({ length: 5 }, (_, at) => `part ${at} `.padEnd(600_000, 'x'));
      await write(directory, 'large', 7001, parts);
    }
    // What no peer has.
    await write(data, documentName(11), 7002, ['only here']);
    await flip(data, holds('line of document 11'));
    await flip(data, holds('part 2'));
    const verified = await runCommand(['verify-store', '--data', data, '--json']);
    const { verdict, damaged } = JSON.parse(verified.stdout) as { verdict: string; damaged: unknown[] };
    expect([verified.exitCode, verdict, damaged.length]).toEqual([65, 'damaged', 2]);
    const node = await cluster.node({ data, with: ['--scrub-rate', '1000'] });
    await eventually('the scrub to find both', async () => (await damagedAt(node)).total === 2);
    expect((await damagedAt(node)).documents.map(({ name, reason }) => `${name} ${reason}`).sort()).toEqual([
      `${documentName(11)} CHECKSUM`,
      'large CHECKSUM',
    ]);
    const unserved = await fetch(`${node.http}/api/documents/default/large`);
    expect([unserved.status, await unserved.text()]).toEqual([
      503,
      expect.stringContaining('DOCUMENT_DAMAGED'),
    ]);
    await eventually('the round to end', async () => (await statusOf(node)).scrub.rounds === 1);
    expect((await statusOf(node)).scrub).toMatchObject({ state: 'resting', documents: 51, repaired: 0 });
    const peer = await cluster.node({ data: other, join: [node.url] });
    await untilEqual([node, peer], 51);
    expect(await damagedAt(node)).toMatchObject({ total: 0 });
    const text = JSON.stringify(await contentOf(peer, documentName(11)));
    expect(text).toContain('line of document 11');
    expect(text).toContain('only here');
    expect(JSON.stringify(await contentOf(node, 'large'))).toContain('part 4');
    expect((await statusOf(node)).store.counters.documentsHealed).toBe(2);
    // Each was said once, when it was found.
    expect(node.output().match(/"code":"DOCUMENT_DAMAGED"[^\n]*"reason":"CHECKSUM"/g)).toHaveLength(2);
  });

  it('L67: where LevelDB ends the process that reads its tables, the store is told as damaged, and nothing is left behind', async () => {
    const data = await cluster.directory();
    await prefill(data, 5000);
    const before = (await readdir(data)).filter((name) => name !== 'store.lock');
    const command = spawn(process.execPath, [hearsayEntry, 'verify-store', '--data', data], {
      stdio: 'pipe',
    });
    let stderr = '';
    command.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const ended = once(command, 'close');
    // LevelDB asserts: the process that reads ends as if by this.
    await eventually('the reading to begin', async () => (await readdir(data)).some(isView));
    for (const child of await childrenOf(command.pid)) process.kill(child, 'SIGABRT');
    expect(await ended).toEqual([65, null]);
    expect(stderr).toContain('error STORE_DAMAGED');
    expect((await readdir(data)).filter((name) => name !== 'store.lock')).toEqual(before);
    expect(await runCommand(['verify-store', '--data', data])).toMatchObject({ exitCode: 0 });
  });

  it('L31: a store that cannot be opened is refused, verified, and rebuilt from its peers; the old one is kept', async () => {
    const [data, other] = [await cluster.directory(), await cluster.directory()];
    for (const directory of [data, other]) await prefill(directory, 400);
    const peer = await cluster.node({ data: other });
    const files = await readdir(join(data, 'db'));
    const log = files.find((name) => name.endsWith('.log'));
    expect((await stat(join(data, 'db', log ?? 'no log'))).size).toBeGreaterThan(0);
    await rm(join(data, 'db', log ?? 'no log'));
    const environment = { HEARSAY_SECRET: testSecret };
    const verified = await runCommand(['verify-store', '--data', data], environment);
    expect([verified.exitCode, verified.stderr]).toEqual([
      65,
      expect.stringContaining('error STORE_DAMAGED'),
    ]);
    const old = await readFile(join(data, 'store.json'), 'utf8');
    const rebuild = ['rebuild-from-peers', '--data', data, '--cluster', 'test', '--join', peer.url];
    const refused = await runCommand(rebuild, { HEARSAY_SECRET: `${testSecret}0` });
    expect([refused.exitCode, refused.stderr]).toEqual([77, expect.stringContaining('WRONG_SECRET')]);
    expect(await readFile(join(data, 'store.json'), 'utf8')).toBe(old);
    const rebuilt = await runCommand(rebuild, environment);
    expect([rebuilt.exitCode, rebuilt.stderr]).toEqual([0, expect.stringContaining('rebuild: 100 %')]);
    const aside = (await readdir(data)).find((name) => name.startsWith('aside-'));
    expect(await readFile(join(data, aside ?? 'nowhere', 'store.json'), 'utf8')).toBe(old);
    const node = await cluster.node({ data, join: [peer.url] });
    await untilEqual([node, peer], 400);
    expect(await rootsOf(node)).toContain('default 400 ');
    expect(JSON.parse(old).replicaId).not.toBe((await statusOf(node)).replicaId);
  });
});
