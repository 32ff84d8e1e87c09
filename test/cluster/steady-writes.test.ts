import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Client, Cluster, untilEqual } from './cluster.ts';
import { documentName, prefill } from './prefill.ts';
import { startTappedPair, type TappedPair } from './tapped-pair.ts';

/** Seconds on an idle machine; minutes when everything else is tested beside it. */
const busyMs = 180_000;

const cluster = new Cluster();

afterEach(() => cluster.end());

const documents = 10_000;

/** Bytes of anti-entropy, and how many exchanges they were, while `clients` write without a pause. */
async function costOf(
  pair: TappedPair,
  clients: readonly Client[],
): Promise<{ bytes: number; exchanges: number }> {
  let turn = 0;
  // Each of them writes more often than the nodes compare.
  const writing = setInterval(() => {
    for (const [index, { doc }] of clients.entries()) {
      if (index % 4 === turn % 4) doc.getText('text').insert(0, `${turn} `);
    }
    turn++;
  }, 20);
  await eventually('all of them to write', () => turn > 8);
  pair.clear();
  await eventually('some exchanges under writes', () => pair.count('repair.compare') >= 12);
  clearInterval(writing);
  const bytes = pair.bytes('repair.') + pair.bytes('documents.');
  expect(pair.count('repair.walk')).toBe(0);
  return { bytes, exchanges: pair.count('repair.compare') };
}

describe('constant writes', () => {
  it(
    'L9: on 1 % of 10,000 documents make repair cost what changed, not what there is',
    async () => {
      const [left, right] = [await cluster.directory(), await cluster.directory()];
      await Promise.all([prefill(left, documents), prefill(right, documents)]);
      const pair = await startTappedPair(cluster, { left, right, with: ['--repair-interval', '300'] });
      await untilEqual([pair.left, pair.right], documents);
      const clients = Array.from({ length: 100 }, (_, index) =>
        cluster.client(pair.left, documentName(index * 100)),
      );
      await eventually('clients to be in sync', () => clients.every(({ provider }) => provider.synced));
      const one = await costOf(pair, clients);
      const tenth = await costOf(pair, clients.slice(0, 10));
      // Key and digest are 32 bytes; each document may be named by both and described once. All of them would be 320 KB.
      expect(one.bytes / one.exchanges).toBeLessThan(100 * 128);
      expect(tenth.bytes / tenth.exchanges).toBeLessThan(one.bytes / one.exchanges / 3);
      await untilEqual([pair.left, pair.right], documents);
    },
    busyMs,
  );
});
