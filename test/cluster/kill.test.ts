import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Cluster, contentOf, statusOf } from './cluster.ts';

/** Seconds on an idle machine; minutes when everything else is tested beside it. */
const busyMs = 180_000;

const cluster = new Cluster();

afterEach(() => cluster.end());

const rounds = 4;
const writers = 4;

describe('kill -9 under load', () => {
  it(
    'L4: loses no update that any client, on any node, has seen',
    async () => {
      const data = await cluster.directory();
      let seenInAll = 0;
      for (let round = 0; round < rounds; round++) {
        // The second node is new in every round: nothing but the first node's own disk can bring an edit back.
        const first = await cluster.node({ data });
        const second = await cluster.node({ join: [first.url] });
        await eventually('the nodes to meet', async () => (await statusOf(first)).gossip.linkedPeers > 0);
        const name = `load-${round}`;
        const seen = new Set<string>();
        const readers = [first, second].map((node) => cluster.client(node, name));
        for (const { doc } of readers) {
          doc.getMap('seen').observe(({ keysChanged }) => {
            for (const key of keysChanged) if (key !== null) seen.add(key);
          });
        }
        const authors = Array.from({ length: writers }, () => cluster.client(first, name));
        let written = 0;
        const typing = setInterval(() => {
          for (const [index, { doc }] of authors.entries())
            doc.getMap('seen').set(`${round}-${index}-${written}`, true);
          written++;
        }, 1);
        await eventually('edits to be seen on both nodes', () =>
          readers.every(({ doc }) => doc.getMap('seen').size > 400 + 100 * round),
        );
        await Promise.all([first.stop('SIGKILL'), second.stop('SIGKILL')]);
        clearInterval(typing);
        for (const { provider } of [...readers, ...authors]) provider.destroy();
        await first.start();
        const kept = (await contentOf(first, name))?.['seen'] as Record<string, true>;
        const lost = [...seen].filter((token) => kept[token] !== true);
        expect(lost).toEqual([]);
        seenInAll += seen.size;
        expect(await first.stop('SIGTERM')).toBe(0);
      }
      expect(seenInAll).toBeGreaterThan(1600);
    },
    busyMs,
  );
});
