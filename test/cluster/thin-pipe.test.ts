import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/node-process.ts';
import { Cluster, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

const documents = 30;
const documentBytes = 20_000;
/** 256 kbit/s: 20 s for all of them. */
const bytesPerSecond = 32_000;
/** So long where everything else is tested beside it. */
const busyMs = 120_000;

describe('a thin line', () => {
  it(
    'L80: a new node catches up over it, live edits pass what it still lacks, and nobody is taken for dead',
    async () => {
      const ports = [await freePort(), await freePort()] as const;
      const relays = [
        await cluster.relay(() => ports[0], { bytesPerSecond }),
        await cluster.relay(() => ports[1], { bytesPerSecond }),
      ] as const;
      const [toFull, toNew] = [`ws://127.0.0.1:${relays[0].port}`, `ws://127.0.0.1:${relays[1].port}`];
      const full = await cluster.node({ port: ports[0], with: ['--advertise', toFull] });
      const writers = Array.from({ length: documents }, (_, index) => cluster.client(full, `large-${index}`));
      for (const [index, { doc }] of writers.entries()) {
        doc.getText('text').insert(0, String.fromCharCode(97 + index).repeat(documentBytes));
      }
      const holds = async (): Promise<boolean> => (await statusOf(full)).documents === documents;
      await eventually('all of it to be stored', holds, busyMs);
      for (const { provider } of writers) provider.destroy();

      // All is ready for the live edit before a byte passes: the line alone decides what comes first.
      for (const relay of relays) relay.cut();
      const added = await cluster.node({ port: ports[1], with: ['--advertise', toNew], join: [toFull] });
      const [writer, reader] = [cluster.client(full, 'live'), cluster.client(added, 'live')];
      const ready = (): boolean => writer.provider.synced && reader.provider.synced;
      await eventually('both clients to be served', ready, busyMs);
      for (const relay of relays) relay.heal();
      // On both sides: what is written before the other knows of the link comes with the rest.
      const linked = async (): Promise<boolean> => {
        const statuses = await Promise.all([full, added].map(statusOf));
        return statuses.every(({ gossip }) => gossip.linkedPeers === 1);
      };
      await eventually('the nodes to be linked', linked, busyMs);
      writer.doc.getText('text').insert(0, 'now');
      await eventually('the live edit to cross', () => reader.text() === 'now', busyMs);
      expect((await statusOf(added)).documents, 'behind all of the rest').toBeLessThan(documents + 1);
      await untilEqual([full, added], documents + 1, busyMs);
      for (const node of [full, added]) expect(node.output()).not.toContain('"status":"dead"');
    },
    2 * busyMs,
  );
});
