import { documentKey, msToHybridTime } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { expect, it } from 'vitest';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withFixture, withStore } from './fixture.ts';
import { exchange } from './replication.ts';

const id = idOf('a');
const key = documentKey(id);
const client = { kind: 'client', session: 's' } as const;

export function livesContract(create: CreateFixture): void {
  it('S80: no life begins over one that lives, or leaves one out, whoever asks for it', async () => {
    await withStore(create, async (store) => {
      unwrap(await store.submit(id, createAuthor(1).type('years of work'), client));
      const evil = createAuthor(2).type('evil');
      for (const life of [2, 3, 4_294_967_295]) {
        for (const origin of [client, local]) {
          expect(await store.submit(id, evil, origin, life)).toMatchObject({
            error: { code: 'LIFE_UNKNOWN', retry: true },
          });
        }
        const change = { kind: 'update', id, life: Math.min(life, 3), update: evil } as const;
        expect(await store.receive([change], peerId(1))).toMatchObject([{ error: { code: 'LIFE_UNKNOWN' } }]);
        expect(await store.submit(idOf('new'), evil, client, life)).toMatchObject({
          error: { code: 'LIFE_UNKNOWN' },
        });
      }
      expect(await textOf(store)).toEqual({ text: 'years of work' });
      unwrap(await store.deleteDocument(id, 42, peerId(9)));
      expect(await store.submit(id, evil, client, 3)).toMatchObject({ error: { code: 'LIFE_UNKNOWN' } });
      unwrap(await store.submit(id, evil, client, 2));
    });
  });

  it('S80: a life that overtakes the end of the one before waits for it, and what ended is kept', async () => {
    await withFixture(create, async (fixture) => {
      const mine = await fixture.open({ keepsDeleted: true });
      await withStore(create, async (theirs) => {
        unwrap(await theirs.submit(id, createAuthor(1).type('old'), client));
        await exchange(theirs, mine, key);
        unwrap(await theirs.deleteDocument(id, 42, peerId(9)));
        const update = createAuthor(2).type('new');
        unwrap(await theirs.submit(id, update, client, 2));
        const mail = { kind: 'update', id, life: 2, update } as const;
        expect(await mine.receive([mail], peerId(1))).toMatchObject([{ error: { code: 'LIFE_UNKNOWN' } }]);
        expect(await textOf(mine)).toEqual({ text: 'old' });
        await exchange(theirs, mine, key);
        expect(await textOf(mine)).toEqual({ text: 'new' });
        expect(await mine.kept()).toMatchObject([{ id, life: 1 }]);
        expect(await mine.roots()).toEqual(await theirs.roots());
      });
      await mine.close();
    });
  });

  it('S80: the end of a life, older than certificates are, is taken with the life that came after it', async () => {
    await withFixture(create, async (fixture) => {
      let now = Date.UTC(2026, 0, 1);
      const mine = await fixture.open({ clock: { now: () => now }, certificateMs: 1000 });
      await withStore(create, async (theirs) => {
        unwrap(await theirs.submit(id, createAuthor(1).type('old'), client));
        unwrap(await theirs.deleteDocument(id, msToHybridTime(now), peerId(9)));
        unwrap(await theirs.submit(id, createAuthor(2).type('new'), client, 2));
        now += 1_000_000;
        await exchange(theirs, mine, key);
        expect(await textOf(mine)).toEqual({ text: 'new' });
        expect(await mine.roots()).toEqual(await theirs.roots());
      });
      await mine.close();
    });
  });

  it('S81: a store that hears an edit of a later life first does not take old histories, then or ever', async () => {
    await withReborn(create, async (mine, theirs, old) => {
      const update = createAuthor(3).type('third');
      unwrap(await theirs.submit(id, update, client, 2));
      const [heard] = await mine.receive([{ kind: 'update', id, life: 2, update }], peerId(1));
      expect(heard).toMatchObject({ error: { code: 'LIFE_UNKNOWN' } });
      await exchange(theirs, mine, key);
      expect(await mine.roots()).toEqual(await theirs.roots());
      for (const store of [mine, theirs]) {
        expect(await store.submit(id, old, client)).toMatchObject({ error: { code: 'LIFE_ENDED' } });
      }
    });
  });

  it('S81: writers that were apart when their document was deleted are all known in the end', async () => {
    await withStore(create, async (mine) => {
      await withStore(create, async (theirs) => {
        const two = createAuthor(2).type('by two');
        unwrap(await mine.submit(id, createAuthor(1).type('by one'), client));
        unwrap(await theirs.submit(id, two, client));
        unwrap(await mine.deleteDocument(id, 42, peerId(9)));
        await exchange(mine, theirs, key);
        expect(await mine.roots()).not.toEqual(await theirs.roots());
        await exchange(mine, theirs, key);
        expect(await mine.roots()).toEqual(await theirs.roots());
        for (const store of [mine, theirs]) {
          expect((await store.lookup(id)).certificate?.clients).toEqual([1, 2]);
        }
        unwrap(await mine.submit(id, createAuthor(3).type('new'), client, 2));
        expect(await mine.submit(id, two, client)).toMatchObject({ error: { code: 'LIFE_ENDED' } });
      });
    });
  });

  it('S81: what one knows of ended lives reaches the other while the document lives on', async () => {
    await withReborn(create, async (mine, theirs) => {
      await exchange(theirs, mine, key);
      const told: unknown[] = [];
      mine.onCommit((changes) => told.push(...changes));
      for (const [store, clients] of [
        [mine, [2, 5]],
        [theirs, [4]],
      ] as const) {
        const certificate = { life: 1, deletedAt: 43, activatedAt: 43, by: peerId(9), clients };
        await store.receive([{ kind: 'certificate', id, certificate }], peerId(1));
      }
      expect(told).toMatchObject([{ life: 2, update: null, certificate: { life: 1, clients: [1, 2, 5] } }]);
      await exchange(mine, theirs, key);
      for (const store of [mine, theirs]) {
        expect(unwrap(await store.read(id))?.endedClients).toEqual([1, 2, 4, 5]);
      }
      expect(await mine.roots()).toEqual(await theirs.roots());
    });
  });

  it('S82: a life that no name can have had by now is refused, and the next one can always be told', async () => {
    await withFixture(create, async (fixture) => {
      const now = Date.UTC(2025, 0, 1) + 1_000_000;
      const store = await fixture.open({ clock: { now: () => now } });
      unwrap(await store.submit(id, createAuthor(1).type('old'), client));
      const ended = (life: number) => {
        const certificate = { life, deletedAt: 1, activatedAt: 1, by: peerId(1), clients: [] };
        return { kind: 'certificate', id, certificate } as const;
      };
      const most = 65_536 + 1000;
      for (const life of [4_294_967_295, most + 1, 0, 1.5]) {
        expect(await store.receive([ended(life)], peerId(1))).toMatchObject([
          { error: { code: 'UPDATE_LIMIT' } },
        ]);
      }
      expect(await store.receive([ended(most - 1)], peerId(1))).toMatchObject([{ ok: true }]);
      unwrap(await store.submit(id, createAuthor(2).type('new'), client, most));
      unwrap(await store.deleteDocument(id, 2, peerId(1)));
      expect(await store.submit(id, createAuthor(3).type('more'), client, most + 1)).toMatchObject({
        error: { code: 'UPDATE_LIMIT' },
      });
      await store.close();
    });
  });
}

/** Two stores: the second has the second life of a document, of whose first life `old` is the history. */
async function withReborn(
  create: CreateFixture,
  run: (mine: DocumentStore, theirs: DocumentStore, old: Uint8Array) => Promise<void>,
): Promise<void> {
  await withStore(create, (mine) =>
    withStore(create, async (theirs) => {
      const old = createAuthor(1).type('old');
      unwrap(await theirs.submit(id, old, client));
      unwrap(await theirs.deleteDocument(id, 42, peerId(9)));
      unwrap(await theirs.submit(id, createAuthor(6).type('new'), client, 2));
      await run(mine, theirs, old);
    }),
  );
}

async function textOf(store: DocumentStore): Promise<unknown> {
  return documentJson(unwrap(await store.read(id))?.updates ?? []);
}
