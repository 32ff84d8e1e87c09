import { type DocumentKey, documentKey, msToHybridTime } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { expect, it } from 'vitest';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withStore } from './fixture.ts';

export function replicationContract(create: CreateFixture): void {
  it('S24: two stores that tell each other what the other lacks are equal, and then have nothing to say', async () => {
    await withStore(create, async (mine) => {
      await withStore(create, async (theirs) => {
        const [one, two, three] = [createAuthor(1), createAuthor(2), createAuthor(3)];
        const shared = one.type('shared ');
        for (const store of [mine, theirs]) unwrap(await store.submit(idOf('both'), shared, local));
        unwrap(await mine.submit(idOf('both'), one.type('mine'), local));
        unwrap(await theirs.submit(idOf('both'), two.type('theirs'), local));
        unwrap(await mine.submit(idOf('only mine'), three.type('m'), local));
        unwrap(await theirs.submit(idOf('only theirs', 'notes'), createAuthor(4).type('t'), local));
        unwrap(await theirs.submit(idOf('both'), two.erase(0, 2), local));
        const differing = await walk(mine, theirs, ['default', 'notes']);
        expect(differing.size).toBe(3);
        for (const key of differing) await exchange(mine, theirs, key);
        expect(await mine.roots()).toEqual(await theirs.roots());
        expect((await walk(mine, theirs, ['default', 'notes'])).size).toBe(0);
        for (const key of differing) {
          const [described] = await theirs.describe([key]);
          if (described === undefined) throw new Error('not described');
          expect(await mine.difference(described)).toMatchObject({ changes: [], wanted: false });
        }
        const texts = await Promise.all(
          [mine, theirs].map(async (store) =>
            documentJson(unwrap(await store.read(idOf('both')))?.updates ?? []),
          ),
        );
        expect(texts[0]).toEqual(texts[1]);
      });
    });
  });

  it('S24: an update received again is not novel; one that is refused says why', async () => {
    await withStore(create, async (store) => {
      const author = createAuthor(1);
      const [first, second] = [author.type('a'), author.type('b')];
      const change = { kind: 'update', id: idOf('a'), life: 1, update: first } as const;
      const key = documentKey(idOf('a'));
      const outcomes = await store.receive(
        [
          change,
          change,
          { ...change, id: idOf('a/../b') },
          { ...change, id: idOf('cafe\u0301') },
          { ...change, id: idOf('b'), update: second },
          { ...change, id: idOf('b'), life: 0 },
          { ...change, id: idOf('b'), life: Number.POSITIVE_INFINITY },
        ],
        peerId(1),
      );
      expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.code))).toEqual([
        { key, novel: true },
        { key, novel: false },
        'NAME_INVALID',
        'NAME_INVALID',
        'UPDATE_MISSING_DEPENDENCIES',
        'UPDATE_LIMIT',
        'UPDATE_LIMIT',
      ]);
    });
  });

  it('S24: a stamp from the future cannot win', async () => {
    await withStore(create, async (store) => {
      const year2100 = msToHybridTime(Date.UTC(2039, 0, 1));
      const certificate = { life: 1, deletedAt: year2100, activatedAt: 0, by: peerId(1), clients: [] };
      const [outcome] = await store.receive([{ kind: 'certificate', id: idOf('a'), certificate }], peerId(1));
      expect(outcome).toMatchObject({
        ok: false,
        error: { code: 'STAMP_IN_FUTURE', aheadMs: expect.any(Number) },
      });
      expect(store.status().counters.stampsRefused).toBe(1);
    });
  });

  it('S24: an absent document is described by life 0; what is asked of it is nothing', async () => {
    await withStore(create, async (store) => {
      const key = documentKey(idOf('a'));
      const absent = { key, life: 0, sketch: null, ended: null };
      expect(await store.describe([key])).toEqual([absent]);
      expect(await store.difference(absent)).toEqual({ key, changes: [], wanted: false, mine: absent });
      expect(await store.difference({ ...absent, life: 1 })).toMatchObject({ changes: [], wanted: true });
    });
  });
}

/** Keys on which the indexes differ, found as peers do. */
async function walk(
  asker: DocumentStore,
  answerer: DocumentStore,
  collections: readonly string[],
): Promise<Set<DocumentKey>> {
  const found = new Set<DocumentKey>();
  for (const collection of collections) {
    let paths: readonly string[] = [''];
    while (paths.length > 0) {
      const question = await asker.questionWalk(collection, paths);
      const answer = await answerer.answerWalk(collection, question, 10_000);
      const step = await asker.compareWalk(collection, question, answer);
      for (const { key } of step.differences) found.add(key);
      paths = step.ask;
    }
  }
  return found;
}

/** Rung 3, both ways. As between nodes, who asks is told that the answer is all there is. */
export async function exchange(mine: DocumentStore, theirs: DocumentStore, key: DocumentKey): Promise<void> {
  const [described] = await theirs.describe([key]);
  if (described === undefined) throw new Error('not described');
  const answer = await mine.difference(described);
  const options = { complete: [key] };
  for (const outcome of await theirs.receive(answer.changes, mine.identity.replicaId, options))
    unwrap(outcome);
  if (!answer.wanted) return;
  const back = await theirs.difference(answer.mine);
  for (const outcome of await mine.receive(back.changes, theirs.identity.replicaId)) unwrap(outcome);
}
