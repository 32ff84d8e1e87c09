import { createRandom, type DocumentId, type DocumentKey, documentKey, type Random } from '@hearsay/core';
import { walkStart } from '@hearsay/merkle';
import { afterEach, describe, expect, it } from 'vitest';
import type { DocumentChange } from '../replica.ts';
import type { CommittedChange, DocumentStore } from '../store-types.ts';
import { type Author, createAuthor } from '../testing/author.ts';
import { idOf, local, memoryOptions, opened, peerId } from '../testing/stores.ts';
import { SelectionTooLargeError } from './prefix-index.ts';
import { SelectedFeed } from './selected-feed.ts';
import { createSelectedReplica, type SelectedReplica } from './selected-replica.ts';
import type { Selection, SelectionRange } from './selection.ts';
import { createSelections, type Selections, type SelectionsOptions } from './selections.ts';

const stores: DocumentStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

async function emptyStore(): Promise<DocumentStore> {
  const store = await opened(memoryOptions());
  stores.push(store);
  return store;
}

const below: SelectionRange = { collections: ['a', 'b'], prefix: 'x/' };
const whole: SelectionRange = { collections: ['a', 'b'], prefix: '' };

function selectionsOf(store: DocumentStore, options: Partial<SelectionsOptions> = {}): Selections {
  const small = { maxSelections: 4, maxUnused: 2, maxFeedDocuments: 100, maxIndexedDocuments: 1000 };
  return createSelections(store, { ...small, ...options });
}

function select(store: DocumentStore, range: SelectionRange): Selection {
  const selection = selectionsOf(store).acquire(range);
  if (selection === undefined) throw new Error('too many selections');
  return selection;
}

/** Writes, deletes and begins anew, in three collections, below two prefixes and none. */
class Scribe {
  readonly #store: DocumentStore;
  readonly #random: Random;
  readonly #authors = new Map<string, Author>();
  #clients = 0;
  #stamp = 1;

  constructor(store: DocumentStore, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  async work(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const name = `${this.#random.pick(['x/', 'y/', 'x'])}${this.#random.below(12)}`;
      const id = idOf(name, this.#random.pick(['a', 'b', 'c']));
      if (this.#random.chance(0.2)) await this.#store.deleteDocument(id, this.#stamp++, peerId(1));
      else await this.write(id);
    }
  }

  async write(id: DocumentId): Promise<void> {
    const { phase, life } = await this.#store.lookup(id);
    const next = phase === 'live' ? life : life + 1;
    const of = `${documentKey(id)}/${next}`;
    const author = this.#authors.get(of) ?? createAuthor(++this.#clients);
    this.#authors.set(of, author);
    const stored = await this.#store.submit(id, author.type('word'), local, next);
    if (!stored.ok) throw new Error(stored.error.message);
  }
}

function isIn({ collections, prefix }: SelectionRange, { collection, name }: DocumentId): boolean {
  return collections.includes(collection) && name.startsWith(prefix);
}

function toChange({ id, life, update, certificate }: CommittedChange): DocumentChange {
  if (certificate !== null) return { kind: 'certificate', id, certificate };
  if (update === null) throw new Error('neither update nor certificate');
  return { kind: 'update', id, life, update };
}

describe('a selection', () => {
  it.each([
    ['below a prefix', below],
    ['of whole collections', whole],
  ])(
    'S70: %s has the roots of a store with nothing else, and the same answers to a walk',
    async (_, range) => {
      for (let run = 0; run < 5; run++) {
        const store = await emptyStore();
        const mirror = await emptyStore();
        const told: DocumentChange[] = [];
        store.onCommit((changes) => {
          told.push(...changes.filter(({ id }) => isIn(range, id)).map(toChange));
        });
        const scribe = new Scribe(store, createRandom(`selection ${run}`));
        await scribe.work(60);
        const selection = select(store, range);
        for (let round = 0; round < 4; round++) {
          // Also while the names are being read for the first time.
          await Promise.all([scribe.work(20), selection.roots()]);
          for (const change of told.splice(0)) await mirror.receive([change], peerId(2));
          const roots = await selection.roots();
          expect(roots, `run ${run}, round ${round}`).toEqual(await mirror.roots());
          for (const { collection } of roots) {
            const question = await mirror.questionWalk(collection, walkStart);
            const answer = await selection.answer(collection, question, 1_000_000);
            expect(await mirror.compareWalk(collection, question, answer)).toEqual({
              differences: [],
              ask: [],
            });
          }
        }
      }
    },
  );

  it('S70: of collections that are not selected it has nothing', async () => {
    const store = await emptyStore();
    const mirror = await emptyStore();
    await new Scribe(store, createRandom('outside')).work(100);
    for (const range of [below, whole]) {
      const question = await mirror.questionWalk('c', walkStart);
      const answer = await select(store, range).answer('c', question, 1_000_000);
      expect(await mirror.compareWalk('c', question, answer)).toEqual({ differences: [], ask: [] });
    }
  });

  it('S72: its feed tells what changed, each document once, by pages', async () => {
    const store = await emptyStore();
    const selection = select(store, below);
    const scribe = new Scribe(store, createRandom('feed'));
    const begin = selection.feedHead();
    await scribe.write(idOf('y/1', 'a'));
    for (const name of ['x/1', 'x/2', 'x/1', 'x/3']) await scribe.write(idOf(name, 'a'));
    const keys = ['x/2', 'x/1', 'x/3'].map((name) => documentKey(idOf(name, 'a')));
    const first = await selection.recent(begin, 2);
    expect(first.entries.map((entry) => entry.key)).toEqual(keys.slice(0, 2));
    expect(first.complete).toBe(false);
    const second = await selection.recent(first.cursor, 2);
    expect(second).toMatchObject({
      entries: [{ key: keys[2] }],
      cursor: selection.feedHead(),
      complete: true,
    });
    expect(second.entries.map((entry) => entry.digest)).toEqual(await store.digests(keys.slice(2)));
    expect(await selection.recent(second.cursor, 2)).toMatchObject({ entries: [], complete: true });
  });

  it('S72: of what is older than the beginning of its feed it tells nothing, as if there were nothing', () => {
    const feed = new SelectedFeed(10, 2);
    for (const [at, key] of ['k1', 'k2', 'k3'].entries()) feed.changed(key as DocumentKey, 11 + at);
    expect(feed.after(11, 5)).toEqual({ keys: ['k2', 'k3'], cursor: 13, complete: true });
    for (const cursor of [0, 9, 10])
      expect(feed.after(cursor, 5)).toEqual({ keys: [], cursor: 13, complete: true });
  });
});

describe('the selections of a store', () => {
  it('S73: whoever asks for the same gets the same; unused ones are kept for a while, and make room', async () => {
    const selections = selectionsOf(await emptyStore());
    const range = (prefix: string): SelectionRange => ({ collections: ['a'], prefix });
    const first = selections.acquire(range('1'));
    expect(selections.acquire(range('1'))).toBe(first);
    for (const prefix of ['2', '3', '4']) expect(selections.acquire(range(prefix))).toBeDefined();
    expect(selections.acquire(range('5'))).toBeUndefined();
    selections.release(range('1'));
    expect(selections.acquire(range('5'))).toBeUndefined();
    selections.release(range('1'));
    expect(selections.acquire(range('1'))).toBe(first);
    for (const prefix of ['1', '2', '3']) selections.release(range(prefix));
    expect(selections.acquire(range('1'))).not.toBe(first);
  });

  it('S73: one that would be too large is refused, whole collections never', async () => {
    const store = await emptyStore();
    const scribe = new Scribe(store, createRandom('large'));
    for (let i = 0; i < 20; i++) await scribe.write(idOf(`x/${i}`, 'a'));
    const selections = selectionsOf(store, { maxIndexedDocuments: 10 });
    await expect(selections.acquire(below)?.prepare()).rejects.toThrow(SelectionTooLargeError);
    await expect(selections.acquire(whole)?.prepare()).resolves.toBeUndefined();
  });
});

describe('a selection as a replica', () => {
  const inside = idOf('x/1', 'a');
  const outside = idOf('y/1', 'a');
  const keys = [inside, outside].map(documentKey);
  const guest = peerId(7);

  async function replicaOf(store: DocumentStore, mayWrite = true): Promise<SelectedReplica> {
    const selection = select(store, below);
    const identity = { ...store.identity, cluster: 'guests' };
    return createSelectedReplica({
      store,
      identity,
      session: 'g1',
      cursors: { get: () => 0, set: () => {} },
      granted: () => ({ selection, mayWrite }),
    });
  }

  async function filled(): Promise<DocumentStore> {
    const store = await emptyStore();
    const scribe = new Scribe(store, createRandom('filled'));
    for (const id of [inside, outside]) await scribe.write(id);
    return store;
  }

  it('S71: tells nothing of what is outside, whatever it is asked', async () => {
    const store = await filled();
    const replica = await replicaOf(store);
    const [known] = await store.digests(keys);
    expect(await replica.digests(keys)).toEqual([known, null]);
    const absent = { key: keys[1], life: 0, sketch: null, ended: null };
    expect(await replica.describe(keys)).toEqual([expect.objectContaining({ life: 1 }), absent]);
    for (const [at, key] of keys.entries()) {
      const { changes } = await replica.difference({ key, life: 0, sketch: null, ended: null });
      expect(changes.length).toBe(at === 0 ? 1 : 0);
      const behind = await replica.difference({ key, life: 9, sketch: null, ended: null });
      expect(behind.mine.life).toBe(at === 0 ? 1 : 0);
    }
    const { entries } = await replica.outbox(0, 1_000_000);
    expect(entries.map((entry) => entry.change.id)).toEqual([inside]);
  });

  it('S71: takes nothing outside, and nothing at all from who may only read', async () => {
    const store = await filled();
    const changes = [outside, inside, outside].map((id): DocumentChange => {
      return { kind: 'update', id, life: 1, update: createAuthor(99).type('guest') };
    });
    const deletion: DocumentChange = {
      kind: 'certificate',
      id: inside,
      certificate: { life: 1, deletedAt: 1, activatedAt: 1, by: guest, clients: [] },
    };
    const reader = await replicaOf(store, false);
    const before = await store.digests(keys);
    for (const outcome of await reader.receive([...changes, deletion], guest)) {
      expect(outcome).toMatchObject({ ok: false, error: { code: 'NOT_PERMITTED' } });
    }
    expect(await store.digests(keys)).toEqual(before);
    const outcomes = await (await replicaOf(store)).receive(changes, guest);
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([false, true, false]);
    expect(outcomes[1]).toMatchObject({ value: { key: keys[0], novel: true } });
    expect((await store.digests(keys))[1]).toBe(before[1]);
  });

  it('S71: changes of the guest are told as its own to its link, and as new to everybody else', async () => {
    const store = await filled();
    const replica = await replicaOf(store);
    const committed: CommittedChange[] = [];
    store.onCommit((changes) => committed.push(...changes));
    const update = createAuthor(99).type('guest');
    await replica.receive([{ kind: 'update', id: inside, life: 1, update }], guest);
    await new Scribe(store, createRandom('more')).write(outside).catch(() => {});
    expect(committed[0]?.origin).toEqual({ kind: 'client', session: 'g1' });
    expect(replica.changesFor(committed, guest)).toMatchObject([
      { id: inside, origin: { kind: 'peer', replica: guest } },
    ]);
    const { entries } = await store.outbox(0, 1_000_000);
    expect(entries.at(-1)).toMatchObject({ from: null });
  });
});
