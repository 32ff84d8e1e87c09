import { cp } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess } from '../support/node-process.ts';
import { Cluster, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

async function write(node: NodeProcess, name: string): Promise<void> {
  const client = cluster.client(node, name);
  client.doc.getText('text').insert(0, name);
  await eventually('the edit to be stored', async () => (await statusOf(node)).documents > 0);
}

/** Codes of the links that the node refused, or was refused. */
async function refusals(node: NodeProcess): Promise<readonly string[]> {
  return (await statusOf(node)).gossip.refusals.map(({ code }) => code);
}

async function linked(node: NodeProcess, peers: number): Promise<void> {
  await eventually('the links', async () => (await statusOf(node)).gossip.linkedPeers === peers);
}

describe('data that is there twice', () => {
  it('L20: of two nodes with one data directory, copied, only one gets in, and both sides say why', async () => {
    const [data, copy] = [await cluster.directory(), await cluster.directory()];
    const first = await cluster.node();
    const stopped = await cluster.node({ data, join: [first.url] });
    await linked(first, 1);
    await stopped.stop('SIGTERM');
    await cp(data, copy, { recursive: true });
    const original = await cluster.node({ data, join: [first.url] });
    await linked(first, 1);
    const twin = await cluster.node({ data: copy, join: [first.url] });
    await eventually('the refusal', async () => (await refusals(first)).includes('DUPLICATE_REPLICA'));
    await eventually('the twin to be told', async () => (await refusals(twin)).includes('DUPLICATE_REPLICA'));
    expect(twin.output()).toContain('a data directory was copied');
    const told = (await statusOf(first)).gossip.refusals.map(({ twins = [] }) => twins.join(' and '));
    expect(told.join()).toContain(new URL(original.url).host);
    expect(told.join()).toContain(new URL(twin.url).host);
    expect(first.output()).toMatch(/"twins":\["ws:[^"]+","ws:[^"]+"\]/);
    expect((await statusOf(first)).gossip.linkedPeers).toBe(1);
    expect((await statusOf(twin)).gossip.linkedPeers).toBe(0);
  });

  /** A copy of a data directory of which the cluster knows later starts; nobody has it open. */
  async function oldCopy(first: NodeProcess): Promise<string> {
    const [data, copy] = [await cluster.directory(), await cluster.directory()];
    const options = { data, join: [first.url], port: await freePort() };
    await (await cluster.node(options)).stop('SIGTERM');
    await cp(data, copy, { recursive: true });
    for (let start = 0; start < 2; start++) {
      const node = await cluster.node(options);
      await linked(first, 1);
      await node.stop('SIGTERM');
      await linked(first, 0);
    }
    return copy;
  }

  it('L21: a data directory put back from an old copy is refused by those who knew it, and both sides say why', async () => {
    const first = await cluster.node();
    await write(first, 'document');
    const back = await cluster.node({ data: await oldCopy(first), join: [first.url] });
    await eventually('the refusal', async () => (await refusals(first)).includes('RESTORED_BACKUP'));
    await eventually('the copy to be told', async () => (await refusals(back)).includes('RESTORED_BACKUP'));
    expect(back.output()).toContain('a store restored from a backup needs a new replica id');
    expect((await statusOf(back)).gossip.linkedPeers).toBe(0);
  });

  it('L22: through a node that never met it, it hears so from the cluster, raises an alarm and keeps to itself', async () => {
    const first = await cluster.node();
    const copy = await oldCopy(first);
    const newcomer = await cluster.node({ join: [first.url] });
    await linked(first, 1);
    const back = await cluster.node({ data: copy, join: [newcomer.url] });
    await eventually('the alarm', async () => (await statusOf(back)).gossip.alarms.length > 0);
    const { replicaId, gossip } = await statusOf(back);
    expect(gossip.alarms).toEqual([
      expect.objectContaining({
        code: 'RESTORED_BACKUP',
        replicaId,
        message: expect.stringContaining('hearsay restore'),
      }),
    ]);
    await linked(back, 0);
    const metrics = await (await fetch(`${back.http}/metrics`)).text();
    expect(metrics).toContain('hearsay_gossip_events_total{event="incarnationWentBack"} 1');
    expect((await statusOf(first)).gossip.linkedPeers).toBe(1);
  });
});

describe('joining', () => {
  it('L23: a node whose seeds are all down starts, serves, and joins when any one of them comes', async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const join = ports.map((port) => `ws://127.0.0.1:${port}`);
    const early = await cluster.node({ join });
    await write(early, 'written alone');
    const seed = await cluster.node({ port: ports[1] ?? 0 });
    await untilEqual([early, seed], 1);
  });
});
