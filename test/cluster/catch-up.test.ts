import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Cluster, statusOf, untilEqual } from './cluster.ts';
import { documentName, prefill } from './prefill.ts';
import { startTappedPair } from './tapped-pair.ts';

/** Seconds on an idle machine; minutes when everything else is tested beside it. */
const busyMs = 180_000;

const cluster = new Cluster();

afterEach(() => cluster.end());

const documents = 2000;
const updates = 10_000;
/** Together more than the mail that is kept for an absent peer, so that repair has to find the rest. */
const updateText = 'x'.repeat(2000);

describe('a node that was away', () => {
  it(
    'L7: for 10,000 updates catches up from the change feed, without a walk',
    async () => {
      const [left, right] = [await cluster.directory(), await cluster.directory()];
      await Promise.all([prefill(left, documents), prefill(right, documents)]);
      const pair = await startTappedPair(cluster, { left, right, with: ['--repair-interval', '300'] });
      await untilEqual([pair.left, pair.right], documents);
      await eventually('the nodes to know it', () => pair.count('repair.equal') > 0);
      expect(await pair.right.stop('SIGTERM')).toBe(0);

      const { store: before } = await statusOf(pair.left);
      const clients = Array.from({ length: 100 }, (_, index) =>
        cluster.client(pair.left, documentName(index * 20)),
      );
      await eventually('clients to be in sync', () => clients.every(({ provider }) => provider.synced));
      for (let i = 0; i < updates / clients.length; i++) {
        for (const { doc } of clients) doc.getText('text').insert(0, updateText);
        await new Promise(setImmediate);
      }
      await eventually('all of it to be stored', async () => {
        const { store } = await statusOf(pair.left);
        return store.outboxHead - before.outboxHead >= updates;
      });

      pair.clear();
      await pair.right.start();
      await untilEqual([pair.left, pair.right], documents);
      expect((await statusOf(pair.left)).gossip.counters['mailDropped']).toBeGreaterThan(0);
      expect(pair.count('repair.recent')).toBeGreaterThan(0);
      expect(pair.count('repair.walk')).toBe(0);
      // The feed names documents, not updates: a hundred of them, not two thousand.
      expect(pair.bytes('repair.')).toBeLessThan(100 * 128);
    },
    busyMs,
  );
});
