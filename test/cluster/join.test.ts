import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, contentOf, rootsOf, untilEqual } from './cluster.ts';
import { documentName, prefill } from './prefill.ts';

/** Seconds on an idle machine; minutes when everything else is tested beside it. */
const busyMs = 180_000;

const cluster = new Cluster();

afterEach(() => cluster.end());

const documents = 10_000;

describe('a fresh node', () => {
  it(
    'L6: joins a cluster of 10,000 documents and ends equal',
    async () => {
      const data = await cluster.directory();
      await prefill(data, documents);
      const old = await cluster.node({ data });
      const other = await cluster.node({ join: [old.url] });
      const before = await rootsOf(old);
      await untilEqual([old, other], documents, 150_000);
      expect(await rootsOf(other)).toBe(before);
      for (const index of [0, 4999, documents - 1]) {
        expect(await contentOf(other, documentName(index))).toEqual(
          await contentOf(old, documentName(index)),
        );
      }
    },
    busyMs,
  );
});
