import { documentKey, hybridTimeToMs, msToHybridTime } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { expect, it } from 'vitest';
import type { CommittedChange, DocumentStore, RestRules } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { idOf, peerId } from '../testing/stores.ts';
import { type CreateFixture, unwrap, withFixture, withStore } from './fixture.ts';

const day = 86_400_000;
const began = Date.UTC(2026, 0, 1);
const client = { kind: 'client', session: 's' } as const;
const id = idOf('a');
const key = documentKey(id);

/** Certificates are in force for thirty days, and time goes by when told. */
function calendar() {
  let now = began;
  const options = { clock: { now: () => now }, certificateMs: 30 * day, keepsDeleted: false } as const;
  return {
    options,
    pass: (days: number) => {
      now += days * day;
    },
    stamp: () => msToHybridTime(now),
  };
}

const rules = (isKept: boolean): RestRules => ({ isKeptHere: () => isKept, forgetMs: 180 * day });

async function deleted(store: DocumentStore, stamp: number): Promise<Uint8Array> {
  const old = createAuthor(7).type('old');
  unwrap(await store.submit(id, old, client));
  unwrap(await store.deleteDocument(id, stamp, peerId(9)));
  return old;
}

async function textOf(store: DocumentStore): Promise<unknown> {
  const document = unwrap(await store.read(id));
  return document && documentJson(document.updates);
}

/** One round of repair, with refusals. */
async function meet(mine: DocumentStore, theirs: DocumentStore): Promise<void> {
  for (const [one, other] of [
    [mine, theirs],
    [theirs, mine],
  ] as const) {
    const [described] = await other.describe([key]);
    if (described === undefined) throw new Error('not described');
    const { changes } = await one.difference(described);
    await other.receive(changes, one.identity.replicaId);
  }
  await mine.idle();
}

async function scrubbed(store: DocumentStore): Promise<number> {
  for (let found = 0; ; ) {
    const { damaged, repaired, complete } = await store.scrub(100);
    found += damaged + repaired;
    if (complete) return found;
  }
}

export function dormancyContract(create: CreateFixture): void {
  it('S44: a certificate whose time is over rests: the index is as without it, and the name is free', async () => {
    await withFixture(create, async (fixture) => {
      const { options, pass, stamp } = calendar();
      let store = await fixture.open(options);
      await deleted(store, stamp());
      expect(await store.restCertificates(rules(true))).toEqual({ rested: 0, forgotten: 0 });
      pass(31);
      expect(await store.restCertificates(rules(true))).toEqual({ rested: 1, forgotten: 0 });
      for (let opening = 0; opening < 2; opening++) {
        expect(await store.roots()).toEqual([]);
        expect(unwrap(await store.read(id))).toBeUndefined();
        expect(await store.list('default', '', 10)).toEqual([]);
        expect(await store.digests([key])).toEqual([null]);
        expect(await store.lookup(id)).toMatchObject({ phase: 'absent', life: 0, certificate: { life: 1 } });
        expect(await store.restCertificates(rules(true))).toEqual({ rested: 0, forgotten: 0 });
        expect(await scrubbed(store)).toBe(0);
        await store.close();
        store = await fixture.open(options);
      }
      unwrap(await store.submit(id, createAuthor(8).type('new'), client));
      for (let opening = 0; opening < 2; opening++) {
        expect(await store.lookup(id)).toMatchObject({ phase: 'live', life: 1, certificate: null });
        expect(await textOf(store)).toEqual({ text: 'new' });
        expect(unwrap(await store.read(id))?.endedClients).toEqual([7]);
        expect(await scrubbed(store)).toBe(0);
        await store.close();
        store = await fixture.open(options);
      }
      unwrap(await store.deleteDocument(id, stamp(), peerId(9)));
      expect(await store.lookup(id)).toMatchObject({ phase: 'deleted', life: 1 });
      expect((await store.lookup(id)).certificate?.clients).toEqual([7, 8]);
      await store.close();
    });
  });

  it('S45: an old copy, of a peer or a client, is refused and wakes what rests, which then ends the copy', async () => {
    for (const from of ['peer', 'client'] as const) {
      await withFixture(create, async (fixture) => {
        await withFixture(create, async (elsewhere) => {
          const { options, pass, stamp } = calendar();
          const store = await fixture.open(options);
          const stale = await elsewhere.open(options);
          const deletedAt = stamp();
          const old = await deleted(store, deletedAt);
          unwrap(await stale.submit(id, old, client));
          pass(31);
          await store.restCertificates(rules(true));
          const told: CommittedChange[] = [];
          store.onCommit((changes) => told.push(...changes));
          if (from === 'client') {
            expect(await store.submit(id, old, client)).toMatchObject({ error: { code: 'LIFE_ENDED' } });
          }
          for (let round = 0; round < 2; round++) await meet(store, stale);
          await store.idle();
          const woken = { life: 1, deletedAt, activatedAt: stamp(), by: peerId(9), clients: [7] };
          expect(told).toMatchObject([{ life: 1, update: null, certificate: woken }]);
          for (const each of [store, stale]) {
            expect(await each.lookup(id)).toMatchObject({ phase: 'deleted', certificate: woken });
          }
          expect(await store.roots()).toEqual(await stale.roots());
          expect(store.status().counters.certificatesWoken).toBe(1);
          pass(29);
          expect(await store.restCertificates(rules(true))).toMatchObject({ rested: 0 });
          pass(2);
          expect(await store.restCertificates(rules(true))).toMatchObject({ rested: 1 });
          await store.close();
          await stale.close();
        });
      });
    }
  });

  it('S46: a document created anew outlives a certificate that woke, and an old copy does not', async () => {
    await withStore(create, async (store) => {
      const certificate = { life: 3, deletedAt: 5, activatedAt: 6, by: peerId(9), clients: [7] };
      const woken = { kind: 'certificate', id, certificate } as const;
      unwrap(await store.submit(id, createAuthor(8).type('new'), client));
      for (let time = 0; time < 2; time++) {
        expect(await store.receive([woken], peerId(1))).toMatchObject([{ ok: true }]);
        expect(await textOf(store)).toEqual({ text: 'new' });
      }
      expect(unwrap(await store.read(id))?.endedClients).toEqual([7]);
      unwrap(await store.submit(id, createAuthor(9).type('more '), client));
      const other = idOf('old');
      unwrap(await store.submit(other, createAuthor(7).type('old'), client));
      expect(await store.receive([{ ...woken, id: other }], peerId(1))).toMatchObject([{ ok: true }]);
      expect(await store.lookup(other)).toMatchObject({ phase: 'deleted', life: 3 });
      // In force from the first: everything of its life is over.
      const first = { ...certificate, activatedAt: 5 };
      expect(await store.receive([{ ...woken, certificate: first, id: idOf('c') }], peerId(1))).toMatchObject(
        [{ ok: true, value: { novel: true } }],
      );
    });
  });

  it('S47: what rests is forgotten where it is not to be kept, and everywhere in the end', async () => {
    for (const [isKept, days] of [
      [false, 7],
      [true, 200],
    ] as const) {
      await withFixture(create, async (fixture) => {
        const { options, pass, stamp } = calendar();
        let store = await fixture.open(options);
        const old = await deleted(store, stamp());
        unwrap(await store.submit(idOf('b'), createAuthor(1).type('stays'), client));
        pass(31);
        expect(await store.restCertificates(rules(isKept))).toEqual({ rested: 1, forgotten: 0 });
        pass(days);
        expect(await store.restCertificates(rules(isKept))).toEqual({ rested: 0, forgotten: 1 });
        for (let opening = 0; opening < 2; opening++) {
          expect(await store.lookup(id)).toMatchObject({ phase: 'absent', life: 0, certificate: null });
          expect(await store.identify([key])).toEqual([undefined]);
          expect(store.status().documents).toBe(1);
          expect((await store.recent(0, 10)).entries).toHaveLength(1);
          expect(await scrubbed(store)).toBe(0);
          await store.close();
          store = await fixture.open(options);
        }
        // Nobody is left who knows.
        unwrap(await store.submit(id, old, client));
        expect(store.status().documents).toBe(2);
        expect(await scrubbed(store)).toBe(0);
        await store.close();
        store = await fixture.open(options);
        expect(await textOf(store)).toEqual({ text: 'old' });
        await store.close();
      });
    }
  });

  it('S48: a certificate whose time is over means nothing to who knows nothing, and ends old copies all the same', async () => {
    await withFixture(create, async (fixture) => {
      const { options, pass, stamp } = calendar();
      const store = await fixture.open(options);
      const deletedAt = stamp();
      const certificate = { life: 1, deletedAt, activatedAt: deletedAt, by: peerId(9), clients: [7] };
      const late = { kind: 'certificate', id, certificate } as const;
      unwrap(await store.submit(idOf('b'), createAuthor(7).type('old'), client));
      pass(31);
      expect(await store.receive([late], peerId(1))).toMatchObject([{ ok: true, value: { novel: false } }]);
      expect(await store.lookup(id)).toMatchObject({ phase: 'absent', certificate: null });
      await store.receive([{ ...late, id: idOf('b') }], peerId(1));
      expect(await store.lookup(idOf('b'))).toMatchObject({ phase: 'deleted' });
      expect(hybridTimeToMs(certificate.activatedAt)).toBe(began);
      await store.close();
    });
  });
}
