import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess } from '../support/node-process.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { type Client, Cluster, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

const documentBytes = 20_000;
/** 256 kbit/s: 20 s for thirty documents. */
const bytesPerSecond = 32_000;
/** So long where everything else is tested beside it. */
const busyMs = 120_000;

interface ThinLine {
  readonly relays: readonly TcpProxy[];
  /** The first node; the second one joins it when it is started. */
  readonly full: NodeProcess;
  second(): Promise<NodeProcess>;
}

async function thinLine(): Promise<ThinLine> {
  const ports = [await freePort(), await freePort()] as const;
  const relays = [
    await cluster.relay(() => ports[0], { bytesPerSecond }),
    await cluster.relay(() => ports[1], { bytesPerSecond }),
  ] as const;
  const [toFull, toSecond] = [`ws://127.0.0.1:${relays[0].port}`, `ws://127.0.0.1:${relays[1].port}`];
  const full = await cluster.node({ port: ports[0], with: ['--advertise', toFull] });
  const second = () => cluster.node({ port: ports[1], with: ['--advertise', toSecond], join: [toFull] });
  return { relays, full, second };
}

/** Puts so many large documents on a node. */
async function fill(node: NodeProcess, count: number): Promise<void> {
  const { documents: before } = await statusOf(node);
  const writers = Array.from({ length: count }, (_, index) => cluster.client(node, `large-${index}`));
  for (const [index, { doc }] of writers.entries()) {
    doc.getText('text').insert(0, String.fromCharCode(97 + (index % 26)).repeat(documentBytes));
  }
  const holds = async (): Promise<boolean> => (await statusOf(node)).documents === before + count;
  await eventually('all of it to be stored', holds, busyMs);
  for (const { provider } of writers) provider.destroy();
}

/** A writer on the first and a reader on the second, both served. */
async function liveClients(nodes: readonly [NodeProcess, NodeProcess]): Promise<readonly [Client, Client]> {
  const [writer, reader] = [cluster.client(nodes[0], 'live'), cluster.client(nodes[1], 'live')];
  await eventually(
    'both clients to be served',
    () => writer.provider.synced && reader.provider.synced,
    busyMs,
  );
  return [writer, reader];
}

/** On both sides: what is written before the other knows of the link comes with the rest. */
async function linked(nodes: readonly NodeProcess[], peers: number): Promise<void> {
  const areLinked = async (): Promise<boolean> => {
    const statuses = await Promise.all(nodes.map(statusOf));
    return statuses.every(({ gossip }) => gossip.linkedPeers === peers);
  };
  await eventually(`nodes to be linked to ${peers}`, areLinked, busyMs);
}

describe('a thin line', () => {
  it(
    'L80: a new node catches up over it, live edits pass what it still lacks, and nobody is taken for dead',
    async () => {
      const { relays, full, second } = await thinLine();
      const documents = 30;
      await fill(full, documents);
      // All is ready for the live edit before a byte passes: the line alone decides what comes first.
      for (const relay of relays) relay.cut();
      const added = await second();
      const nodes = [full, added] as const;
      const [writer, reader] = await liveClients(nodes);
      for (const relay of relays) relay.heal();
      await linked(nodes, 1);
      writer.doc.getText('text').insert(0, 'now');
      await eventually('the live edit to cross', () => reader.text() === 'now', busyMs);
      expect((await statusOf(added)).documents, 'behind all of the rest').toBeLessThan(documents + 1);
      await untilEqual(nodes, documents + 1, busyMs);
      for (const node of nodes) expect(node.output()).not.toContain('"status":"dead"');
    },
    2 * busyMs,
  );

  it(
    'L82: live edits pass what was kept for a node that was away',
    async () => {
      const { relays, full, second } = await thinLine();
      const away = await second();
      const nodes = [full, away] as const;
      const [writer, reader] = await liveClients(nodes);
      writer.doc.getText('text').insert(0, 'before');
      await eventually('the first edit to cross', () => reader.text() === 'before', busyMs);
      for (const relay of relays) relay.cut();
      await linked(nodes, 0);
      const documents = 12;
      await fill(full, documents);
      for (const relay of relays) relay.heal();
      await linked(nodes, 1);
      writer.doc.getText('text').insert(0, 'now, not ');
      await eventually('the live edit to cross', () => reader.text() === 'now, not before', busyMs);
      expect((await statusOf(away)).documents, 'behind all of the rest').toBeLessThan(documents + 1);
      await untilEqual(nodes, documents + 1, busyMs);
    },
    2 * busyMs,
  );
});
