import { documentKey } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { expect, it } from 'vitest';
import type { ContentEntry } from '../replica.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withFixture, withStore } from './fixture.ts';

async function everything(store: DocumentStore, pageSize: number): Promise<readonly ContentEntry[]> {
  const all: ContentEntry[] = [];
  let after: ContentEntry['key'] | null = null;
  for (let pages = 0; pages < 100; pages++) {
    const { entries, next } = await store.contents(after, pageSize);
    all.push(...entries);
    if (next === null) return all;
    after = next;
  }
  throw new Error('without end');
}

export function contentsContract(create: CreateFixture): void {
  it('S49: two contents of one version are told apart, and only those', async () => {
    await withStore(create, async (mine) => {
      await withStore(create, async (theirs) => {
        for (const [at, store] of [mine, theirs].entries()) {
          unwrap(await store.submit(idOf('twice'), createAuthor(7).type(at === 0 ? 'left' : 'rite'), local));
          const author = createAuthor(8);
          unwrap(await store.submit(idOf('same'), author.type('one '), local));
          unwrap(await store.submit(idOf('same'), author.type('two'), local));
          unwrap(await store.submit(idOf('newer'), createAuthor(9 + at).type('x'), local));
        }
        // Written in one piece and in two, and with a history behind it.
        expect(await mine.compact(idOf('same'))).toBe(true);
        const told = await everything(theirs, 2);
        expect(told).toHaveLength(3);
        expect(await mine.conflicting(told)).toEqual([documentKey(idOf('twice'))]);
        expect(await theirs.conflicting(await everything(mine, 1))).toEqual([documentKey(idOf('twice'))]);
        const texts = await Promise.all(
          [mine, theirs].map(async (store) =>
            documentJson(unwrap(await store.read(idOf('twice')))?.updates ?? []),
          ),
        );
        expect(texts).toEqual([{ text: 'left' }, { text: 'rite' }]);
      });
    });
  });

  it('S49: pages of any size tell every live document once, and leave out what is deleted or too large', async () => {
    await withFixture(create, async (fixture) => {
      const store = await fixture.open({ tunables: { maxComparedBytes: 200 } });
      for (let at = 0; at < 9; at++) {
        unwrap(await store.submit(idOf(`${at}`), createAuthor(at + 1).type('x'), local));
      }
      unwrap(await store.deleteDocument(idOf('3'), 1, peerId(1)));
      unwrap(await store.submit(idOf('large'), createAuthor(1).type('x'.repeat(300)), local));
      const expected = [0, 1, 2, 4, 5, 6, 7, 8].map((at) => documentKey(idOf(`${at}`))).sort();
      for (const size of [1, 3, 100]) {
        expect((await everything(store, size)).map(({ key }) => key)).toEqual(expected);
      }
      await store.close();
    });
  });
}
