import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Cluster, untilEqual } from './cluster.ts';
import { prefill } from './prefill.ts';
import { startTappedPair } from './tapped-pair.ts';

/** Seconds on an idle machine; minutes when everything else is tested beside it. */
const busyMs = 180_000;

const cluster = new Cluster();

afterEach(() => cluster.end());

describe('equal nodes', () => {
  it.each([10, 10_000])(
    'L8: with %i documents each say so in 64 bytes each way',
    async (documents) => {
      const [left, right] = [await cluster.directory(), await cluster.directory()];
      await Promise.all([prefill(left, documents), prefill(right, documents)]);
      const pair = await startTappedPair(cluster, { left, right, with: ['--repair-interval', '100'] });
      await untilEqual([pair.left, pair.right], documents);
      await eventually('the nodes to know it', () => pair.count('repair.equal') > 0);
      pair.clear();
      await eventually('twenty exchanges', () => pair.count('repair.equal') >= 20);
      const repair = pair.messages.filter(({ type }) => type.startsWith('repair.'));
      // One question and one answer, unless both ask at once: nothing else is said.
      const others = repair.filter(({ type }) => !/^repair\.(compare|equal|busy)$/.test(type));
      expect(others).toEqual([]);
      expect(Math.max(...repair.map(({ bytes }) => bytes))).toBeLessThanOrEqual(64);
      expect(pair.bytes('documents.') + pair.bytes('mail.')).toBe(0);
    },
    busyMs,
  );
});
