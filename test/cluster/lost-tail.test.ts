import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess } from '../support/node-process.ts';
import { type Client, Cluster, contentOf, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

const edits = 40;

/** Edits, one after the other, each of which a second client has seen: they are on the disk. */
async function write(node: NodeProcess, name = 'a'): Promise<Client> {
  const [writer, reader] = [cluster.client(node, name), cluster.client(node, name)];
  await eventually('in sync', () => writer.provider.synced && reader.provider.synced);
  for (let edit = 1; edit <= edits; edit++) {
    writer.doc.getText('text').insert(edit - 1, 'x');
    await eventually('the edit to be seen', () => reader.text().length === edit);
  }
  reader.provider.destroy();
  return writer;
}

async function halveLog(data: string): Promise<void> {
  for (const name of await readdir(join(data, 'db'))) {
    if (!name.endsWith('.log')) continue;
    const path = join(data, 'db', name);
    await truncate(path, (await stat(path)).size >> 1);
  }
}

async function lengthAt(node: NodeProcess, name = 'a'): Promise<number> {
  return String((await contentOf(node, name))?.['text'] ?? '').length;
}

describe('a lost tail', () => {
  it('L65: a node alone whose log lost acknowledged edits does not start in silence; accepted, it says what is gone, and clients give it back', async () => {
    const [data, port] = [await cluster.directory(), await freePort()];
    const node = await cluster.node({ data, port });
    const writer = await write(node);
    const { replicaId } = await statusOf(node);
    writer.provider.disconnect();
    await node.stop('SIGTERM');
    await halveLog(data);
    const verified = await runCommand(['verify-store', '--data', data]);
    expect([verified.exitCode, verified.stderr]).toEqual([65, expect.stringContaining('STORE_DAMAGED')]);
    for (let start = 0; start < 2; start++) {
      await expect(cluster.node({ data, port })).rejects.toThrow(
        /ended with 65.*STORE_DAMAGED.*--accept-loss/s,
      );
    }
    const again = await cluster.node({ data, port, with: ['--accept-loss'] });
    const left = await lengthAt(again);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(edits);
    const status = await statusOf(again);
    expect(status.replicaId).not.toBe(replicaId);
    expect(status.store.counters.tailLost).toBe(edits - left);
    expect(again.output()).toContain(`"code":"TAIL_LOST","count":${edits - left}`);
    writer.provider.connect();
    await eventually('the client to give it back', async () => (await lengthAt(again)) === edits);
    await again.stop('SIGTERM');
    // It is a sound store from now on.
    const later = await cluster.node({ data, port });
    expect((await statusOf(later)).replicaId).toBe(status.replicaId);
  });

  it('L66: accepted among peers, or with its name lost, a node is a newcomer: it has everything back, and its old name is nobody’s', async () => {
    const harms = {
      'its log is cut': halveLog,
      'its name is lost': (data: string) => rm(join(data, 'store.json')),
    };
    const peer = await cluster.node();
    let documents = 0;
    for (const [name, harm] of Object.entries(harms)) {
      const data = await cluster.directory();
      const node = await cluster.node({ data, join: [peer.url] });
      const writer = await write(node, name);
      documents++;
      await untilEqual([node, peer], documents);
      const { replicaId } = await statusOf(node);
      writer.provider.destroy();
      await node.stop('SIGTERM');
      await harm(data);
      const back = await cluster.node({ data, join: [peer.url], with: ['--accept-loss'] });
      await untilEqual([back, peer], documents);
      expect(await lengthAt(back, name)).toBe(edits);
      const { replicaId: fresh } = await statusOf(back);
      expect(fresh).not.toBe(replicaId);
      await eventually('the new name to be linked, the old one not', async () =>
        (await statusOf(peer)).gossip.peers.every(({ replicaId: id, linked }) => linked === (id === fresh)),
      );
      // Its edits from now on are news to the peer.
      const late = cluster.client(back, `after ${name}`);
      documents++;
      late.doc.getText('text').insert(0, 'new');
      await eventually(
        'the peer to hear',
        async () => (await contentOf(peer, `after ${name}`)) !== undefined,
      );
      await back.stop('SIGTERM');
    }
  });
});
