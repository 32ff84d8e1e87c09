import { documentKey } from '@hearsay/core';
import { documentJson, splitUpdate } from '@hearsay/document';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import type { Database } from './database.ts';
import { documentKeyBytes, headKey, snapshotKey, tailKey, versionKey } from './keys.ts';
import type { DocumentStore } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened, peerId } from './testing/stores.ts';

const key = documentKey(idOf('a'));
const bytes = documentKeyBytes(key);

/** Records of a document with a snapshot of updates 1 and 2, and 3 to 6 as its tail. */
const records = {
  head: headKey(bytes),
  version: versionKey(bytes),
  snapshot: snapshotKey(bytes),
  'first of the tail': tailKey(bytes, 3),
  'middle of the tail': tailKey(bytes, 4),
  'last of the tail': tailKey(bytes, 6),
} as const;

const harms: Readonly<Record<string, (disk: Database, record: Uint8Array) => Promise<void>>> = {
  lost: (disk, record) => disk.del(record),
  'a bit flipped': async (disk, record) => {
    const value = (await disk.get(record))?.slice() ?? new Uint8Array(1);
    const middle = value.byteLength >> 1;
    value[middle] = (value[middle] ?? 0) ^ 4;
    await disk.put(record, value);
  },
  'another in its place': async (disk) => {
    await disk.put(records.snapshot, (await disk.get(records['last of the tail'])) ?? new Uint8Array(0));
  },
};

interface Pair {
  readonly options: ReturnType<typeof memoryOptions>;
  readonly disk: Database;
  mine: DocumentStore;
  readonly peer: DocumentStore;
}

/** Two stores with the document; mine also has an edit that never reached the peer. */
async function pair(): Promise<Pair> {
  const disk = memoryDatabase();
  const options = memoryOptions({ openDatabase: () => disk, tunables: { compactTailBytes: 1_000_000 } });
  const mine = await opened(options);
  const peer = await opened(memoryOptions());
  const [one, two] = [createAuthor(1), createAuthor(2)];
  for (const text of ['a', 'b']) unwrap(await mine.submit(idOf('a'), one.type(text), local));
  expect(await mine.compact(idOf('a'))).toBe(true);
  for (const text of ['c', 'd', 'e']) unwrap(await mine.submit(idOf('a'), one.type(text), local));
  await exchange(mine, peer, key);
  unwrap(await mine.submit(idOf('a'), two.type('mine'), local));
  await mine.roots();
  return { options, disk, mine, peer };
}

/** Opened again, so that nothing is answered from memory. */
async function harmed(pair: Pair, record: Uint8Array, harm: keyof typeof harms): Promise<Pair> {
  await pair.mine.close();
  await pair.disk.open();
  await harms[harm]?.(pair.disk, record);
  return { ...pair, mine: await opened(pair.options) };
}

async function expectQuarantined({ mine }: Pair): Promise<void> {
  const damaged = { ok: false, error: { code: 'DOCUMENT_DAMAGED', retry: true } };
  const absent = { key, life: 0, sketch: null, ended: null };
  expect(await mine.read(idOf('a'))).toMatchObject(damaged);
  expect(await mine.submit(idOf('a'), createAuthor(9).type('x'), local)).toMatchObject(damaged);
  expect(await mine.lookup(idOf('a'))).toMatchObject({ phase: 'damaged' });
  expect(await mine.describe([key])).toEqual([absent]);
  expect(await mine.difference(absent)).toMatchObject({ changes: [], mine: absent });
  expect(await mine.difference({ ...absent, life: 1 })).toMatchObject({ changes: [], wanted: true });
  expect(mine.damaged().map((document) => document.key)).toEqual([key]);
  expect(await mine.digests([key])).toEqual([null]);
  expect(await mine.roots()).toEqual([]);
  const { entries } = await mine.recent(0, 10);
  expect(entries.at(-1)).toEqual({ key, digest: null });
  expect(mine.status()).toMatchObject({ state: 'ready', damagedDocuments: 1 });
}

/** Sends all of the document as rung 3 does. The peer lacks something: its copy cannot cover what is known here. */
async function offer(peer: DocumentStore, mine: DocumentStore): Promise<void> {
  const [described] = await mine.describe([key]);
  if (described === undefined) throw new Error('not described');
  const { changes } = await peer.difference(described);
  const outcomes = await mine.receive(changes, peer.identity.replicaId, { complete: [key] });
  expect(outcomes.map((outcome) => outcome.ok && outcome.value.novel)).toEqual(changes.map(() => true));
}

describe('damage', () => {
  for (const harm of ['lost', 'a bit flipped'] as const) {
    for (const [name, record] of Object.entries(records)) {
      it(`S19: ${name} ${harm}: not served, not gossiped, and whole again from a peer`, async () => {
        let setting = await harmed(await pair(), record, harm);
        await expectQuarantined(setting);
        await setting.mine.close();
        setting = { ...setting, mine: await opened(setting.options) };
        await expectQuarantined(setting);
        const { mine, peer } = setting;
        await offer(peer, mine);
        expect(mine.damaged()).toEqual([]);
        expect(mine.status().counters.documentsHealed).toBe(1);
        await exchange(mine, peer, key);
        expect(await mine.roots()).toEqual(await peer.roots());
        const json = documentJson(unwrap(await mine.read(idOf('a')))?.updates ?? []);
        expect(JSON.stringify(json)).toContain('abcde');
        // What no peer had is there again if it could be read.
        const readable = name !== 'last of the tail';
        if (readable) expect(JSON.stringify(json)).toContain('mine');
        await mine.close();
        const again = await opened(setting.options);
        expect(again.damaged()).toEqual([]);
        expect(documentJson(unwrap(await again.read(idOf('a')))?.updates ?? [])).toEqual(json);
        const feed = await again.recent(0, 10);
        expect(feed.entries.map((entry) => entry.key)).toEqual([key]);
        expect(await again.list('default', '', 10)).toEqual([{ key, name: 'a' }]);
        await again.close();
      });
    }
  }

  it('S19: a record of one place found in another is damage', async () => {
    const setting = await harmed(await pair(), records.snapshot, 'another in its place');
    await expectQuarantined(setting);
  });

  it('S19: other documents are served meanwhile', async () => {
    const { mine } = await harmed(await pair(), records.head, 'a bit flipped');
    expect(await mine.read(idOf('a'))).toMatchObject({ ok: false });
    unwrap(await mine.submit(idOf('b'), createAuthor(3).type('fine'), local));
    expect(documentJson(unwrap(await mine.read(idOf('b')))?.updates ?? [])).toEqual({ text: 'fine' });
    await mine.close();
  });

  it('S58: a fresh copy that comes in pieces is whole when the peer has no more, and no piece is asked for twice', async () => {
    const setting = await pair();
    const long = createAuthor(5);
    for (let at = 0; at < 8; at++) {
      const update = long.type('x'.repeat(50_000));
      const change = { kind: 'update', id: idOf('a'), life: 1, update } as const;
      for (const store of [setting.mine, setting.peer]) {
        for (const outcome of await store.receive([change], peerId(5))) unwrap(outcome);
      }
    }
    const { mine, peer } = await harmed(setting, tailKey(bytes, 5), 'lost');
    expect(await mine.read(idOf('a'))).toMatchObject({ ok: false });
    const answer = await peer.difference({ key, life: 0, sketch: null, ended: null });
    const pieces = answer.changes.flatMap((change) =>
      change.kind === 'update'
        ? splitUpdate(change.update, 100_000).map((update) => ({ ...change, update }))
        : [],
    );
    expect(pieces.length).toBeGreaterThan(3);
    for (const [at, piece] of pieces.entries()) {
      // What has come is not asked for again.
      const [described] = await mine.describe([key]);
      if (described === undefined) throw new Error('not described');
      const rest = (await peer.difference(described)).changes;
      expect(rest.length > 0).toBe(true);
      expect(described.life).toBe(at === 0 ? 0 : 1);
      const [outcome] = await mine.receive([piece], peerId(5));
      expect(outcome).toMatchObject({ error: { code: 'DOCUMENT_DAMAGED' } });
    }
    // The edit that only this store has keeps the copy from covering what is known, until the peer has no more.
    expect(mine.damaged().length).toBe(1);
    await offer(peer, mine);
    expect(mine.damaged()).toEqual([]);
    await exchange(mine, peer, key);
    expect(await mine.roots()).toEqual(await peer.roots());
  });

  it('S19: an update that builds on nothing does not pass for the whole document', async () => {
    const { mine } = await harmed(await pair(), records['middle of the tail'], 'lost');
    expect(await mine.read(idOf('a'))).toMatchObject({ ok: false });
    const change = { kind: 'update', id: idOf('a'), life: 1, update: createAuthor(7).type('x') } as const;
    expect(await mine.receive([change], peerId(1))).toMatchObject([{ error: { code: 'DOCUMENT_DAMAGED' } }]);
    expect(mine.damaged().length).toBe(1);
  });

  it('S19: a certificate ends a damaged document; a higher life replaces it', async () => {
    for (const way of ['certificate', 'update'] as const) {
      const { mine } = await harmed(await pair(), records.version, 'a bit flipped');
      expect(await mine.read(idOf('a'))).toMatchObject({ ok: false });
      const certificate = { life: 1, deletedAt: 1, activatedAt: 1, by: peerId(1), clients: [] };
      const end = { kind: 'certificate', id: idOf('a'), certificate } as const;
      const begin = { kind: 'update', id: idOf('a'), life: 2, update: createAuthor(7).type('new') } as const;
      if (way === 'update') {
        expect(await mine.receive([begin], peerId(1))).toMatchObject([
          { error: { code: 'DOCUMENT_DAMAGED' } },
        ]);
      }
      const changes = way === 'certificate' ? [end] : [end, begin];
      for (const outcome of await mine.receive(changes, peerId(1))) unwrap(outcome);
      expect(mine.damaged()).toEqual([]);
      expect(await mine.lookup(idOf('a'))).toMatchObject(
        way === 'certificate' ? { phase: 'deleted', life: 1 } : { phase: 'live', life: 2 },
      );
      await mine.close();
    }
  });

  for (const harm of ['lost', 'a bit flipped'] as const) {
    for (const hasMail of [false, true]) {
      it(`S81: a head ${harm}${hasMail ? ', then mail,' : ''} and who wrote in the ended life is known again`, async () => {
        const setting = await pair();
        const old = createAuthor(8).type('old');
        unwrap(await setting.peer.submit(idOf('a'), old, local));
        unwrap(await setting.peer.deleteDocument(idOf('a'), 42, peerId(9)));
        const fresh = createAuthor(7);
        unwrap(await setting.peer.submit(idOf('a'), fresh.type('new'), local, 2));
        await exchange(setting.peer, setting.mine, key);
        const { mine, peer } = await harmed(setting, records.head, harm);
        expect(await mine.read(idOf('a'))).toMatchObject({ ok: false });
        const update = createAuthor(6).type('mailed');
        unwrap(await peer.submit(idOf('a'), update, local));
        if (hasMail) await mine.receive([{ kind: 'update', id: idOf('a'), life: 2, update }], peerId(1));
        await offer(peer, mine);
        expect(mine.damaged()).toEqual([]);
        expect(await mine.roots()).toEqual(await peer.roots());
        for (const store of [mine, peer]) {
          const late = await store.submit(idOf('a'), old, { kind: 'client', session: 's' });
          expect(late).toMatchObject({ error: { code: 'LIFE_ENDED' } });
        }
        await mine.close();
      });
    }
  }

  it('S19: a document of which only the end is left at the others is over, once they have said all', async () => {
    const setting = await pair();
    unwrap(await setting.peer.deleteDocument(idOf('a'), 42, peerId(9)));
    const { mine, peer } = await harmed(setting, records.head, 'a bit flipped');
    expect(await mine.read(idOf('a'))).toMatchObject({ ok: false });
    await offer(peer, mine);
    expect(await mine.lookup(idOf('a'))).toMatchObject({ phase: 'deleted', life: 1 });
    await mine.close();
  });

  it('S26: where no peer has it, what can be read is taken for the whole on demand', async () => {
    const { mine } = await harmed(await pair(), records['middle of the tail'], 'a bit flipped');
    expect(await mine.salvage(idOf('a'))).toBe(true);
    expect(mine.damaged()).toEqual([]);
    const json = documentJson(unwrap(await mine.read(idOf('a')))?.updates ?? []);
    expect(JSON.stringify(json)).toContain('abc');
    expect(JSON.stringify(json)).toContain('mine');
    expect(await mine.salvage(idOf('a'))).toBe(false);
    await mine.close();
  });
});
