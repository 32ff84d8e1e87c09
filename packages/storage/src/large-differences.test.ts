import { ByteWriter, type DocumentKey, documentKey, limits } from '@hearsay/core';
import { equalVersions } from '@hearsay/document';
import { describe, expect, test } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { type LargeLogs, largeLogsInline } from './large-logs.ts';
import type { DocumentDifference } from './replica.ts';
import type { DocumentStore, StoreOptions } from './store-types.ts';
import { type Author, createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened } from './testing/stores.ts';

const id = idOf('large');
const key: DocumentKey = documentKey(id);

/** A store that counts how often a large document is compared, and does it as the main thread would. */
async function counting(
  overrides: Partial<StoreOptions> = {},
): Promise<{ store: DocumentStore; compared(): number }> {
  let count = 0;
  const largeLogs: LargeLogs = {
    ...largeLogsInline,
    difference: (...log) => {
      count++;
      return largeLogsInline.difference(...log);
    },
  };
  const tunables = { compactTailBytes: Number.POSITIVE_INFINITY, ...overrides.tunables };
  const store = await opened(memoryOptions({ largeLogs, ...overrides, tunables }));
  return { store, compared: () => count };
}

const plain = async (): Promise<DocumentStore> => (await counting()).store;

/** Some megabytes by two authors, with deletes here and there. */
async function fill(store: DocumentStore, [one, two]: readonly [Author, Author], turns = 100): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    const author = turn % 2 === 0 ? one : two;
    unwrap(await store.submit(id, author.type(`${turn} `.padEnd(50_000, 'abcdefgh')), local));
    unwrap(await store.submit(id, author.erase(Math.floor(turn / 2) * 50_000 + 7, 3), local));
  }
}

const authors = (): [Author, Author] => [createAuthor(1), createAuthor(2)];

/** One answer, as between nodes: as much as fits, and whether the peer is to ask again. */
async function answer(
  from: DocumentStore,
  to: DocumentStore,
): Promise<DocumentDifference & { readonly sent: DocumentDifference['changes']; readonly isLast: boolean }> {
  const [described] = await to.describe([key]);
  if (described === undefined) throw new Error('not described');
  const difference = await from.difference(described);
  const { changes, isPartial } = difference;
  const sent = changes.slice(0, 1 + changes.findIndex(({ kind }) => kind === 'update'));
  return { ...difference, sent, isLast: sent.length === changes.length && isPartial !== true };
}

async function take(
  from: DocumentStore,
  to: DocumentStore,
  told: Awaited<ReturnType<typeof answer>>,
): Promise<void> {
  const complete = told.isLast ? [key] : [];
  for (const outcome of await to.receive(told.sent, from.identity.replicaId, { complete })) unwrap(outcome);
}

/** Answers until nothing is left; returns how many. */
async function copy(from: DocumentStore, to: DocumentStore): Promise<number> {
  for (let answers = 1; answers < 100; answers++) {
    const told = await answer(from, to);
    await take(from, to, told);
    if (told.isLast) return answers;
  }
  throw new Error('no end of it');
}

async function versions(...stores: DocumentStore[]): Promise<boolean> {
  const [first, ...others] = await Promise.all(stores.map(async (store) => unwrap(await store.read(id))));
  if (first === undefined) throw new Error('nothing there');
  return others.every((other) => other !== undefined && equalVersions(first.version, other.version));
}

describe('large documents in rung 3', () => {
  test('S93: a large document is compared once for all answers that an exchange takes, and for all peers that come meanwhile', async () => {
    const { store, compared } = await counting();
    await fill(store, authors());
    const peers = await Promise.all([plain(), plain()]);
    const [first, second] = peers as [DocumentStore, DocumentStore];
    for (let begun = 0; begun < 2; begun++) await take(store, first, await answer(store, first));
    await Promise.all([copy(store, first), copy(store, second)]);
    expect(await versions(store, first, second)).toBe(true);
    expect(compared()).toBe(1);
    // Equal copies have nothing to say, and nothing is read to know it.
    expect(await answer(store, first)).toMatchObject({ changes: [], wanted: false, isLast: true });
    expect(compared()).toBe(1);
    for (const peer of peers) expect(await peer.roots()).toEqual(await store.roots());
  });

  test('S93: an answer that is lost is given again, and edits that come meanwhile, here and there, are not missed', async () => {
    const { store, compared } = await counting();
    const [one, two] = authors();
    await fill(store, [one, two], 50);
    const peer = await plain();
    const lost = await answer(store, peer);
    expect((await answer(store, peer)).sent).toEqual(lost.sent);
    await take(store, peer, lost);
    unwrap(await store.submit(id, one.erase(0, 2), local));
    unwrap(await store.submit(id, two.type('late'), local));
    unwrap(await peer.submit(id, createAuthor(9).type('theirs'), local, 1));
    for (let rounds = 0; rounds < 2; rounds++) {
      await copy(store, peer);
      await copy(peer, store);
    }
    expect(await versions(store, peer)).toBe(true);
    expect(compared()).toBeLessThanOrEqual(3);
  });

  test('S93: what was cut from a life is nothing to the next, nor to a peer that has less than the one it was cut for', async () => {
    const { store } = await counting();
    const [one, two] = authors();
    await fill(store, [one, two], 60);
    const [ahead, behind] = [await plain(), await plain()];
    // Cut for a peer that has the beginning.
    const log = unwrap(await store.read(id))?.updates ?? [];
    for (const update of log.slice(0, 30)) unwrap(await ahead.submit(id, update, local));
    expect((await answer(store, ahead)).sent).toHaveLength(1);
    await copy(store, behind);
    expect(await versions(store, behind)).toBe(true);
    await take(store, ahead, await answer(store, ahead));
    unwrap(await store.deleteDocument(id, 1, store.identity.replicaId));
    const next = createAuthor(5);
    unwrap(await store.submit(id, next.type('x'.repeat(2 * limits.inlineDocumentBytes)), local, 2));
    await copy(store, ahead);
    expect(await versions(store, ahead)).toBe(true);
    expect(unwrap(await ahead.read(id))?.life).toBe(2);
  });

  test('S93: who has come by structs in another way, without their deletes, is not told that what was kept is all', async () => {
    const { store } = await counting();
    await fill(store, authors(), 60);
    const log = unwrap(await store.read(id))?.updates ?? [];
    // All of one author, and nearly all of the other.
    for (const author of [0, 1]) {
      const peer = await plain();
      await take(store, peer, await answer(store, peer));
      for (const [at, update] of log.entries()) {
        const isTyped = at % 2 === 0 && ((at / 2) % 2 === author || at < 110);
        if (isTyped) unwrap(await peer.submit(id, update, local));
      }
      await copy(store, peer);
      expect(await versions(store, peer)).toBe(true);
    }
  });

  test('S93: who lacks only deletes gets them, few and many', async () => {
    for (const count of [3, 30_000]) {
      const { store, compared } = await counting();
      const [one, two] = authors();
      await fill(store, [one, two], 20);
      const peer = await plain();
      await copy(store, peer);
      const before = compared();
      const deletes = new ByteWriter().varUint(0).varUint(1).varUint(one.client).varUint(count);
      for (let at = 0; at < count; at++) deletes.varUint(10 + 4 * at).varUint(1);
      unwrap(await store.submit(id, deletes.finish(), local));
      await copy(store, peer);
      expect(await versions(store, peer)).toBe(true);
      // A few are found by looking at windows alone.
      expect(compared() - before).toBe(count > 10_000 ? 1 : 0);
    }
  });

  test('S94: of what was cut no more is kept than fits, nor for longer than somebody asks; what is gone is cut again', async () => {
    const alarms = new Set<() => void>();
    const timers: StoreOptions['timers'] = {
      set(_delayMs, fire) {
        alarms.add(fire);
        return () => alarms.delete(fire);
      },
    };
    const { store, compared } = await counting({ timers });
    await fill(store, authors(), 60);
    const peer = await plain();
    const [before] = [new Set(alarms)];
    await take(store, peer, await answer(store, peer));
    const [alarm] = [...alarms].filter((fire) => !before.has(fire));
    if (alarm === undefined) throw new Error('nothing is watched');
    await take(store, peer, await answer(store, peer));
    alarms.delete(alarm);
    alarm();
    // Somebody has asked: it is looked at once more.
    await answer(store, peer);
    expect(compared()).toBe(1);
    const again = [...alarms].filter((fire) => !before.has(fire));
    expect(again).toHaveLength(1);
    again[0]?.();
    const [last] = [...alarms].filter((fire) => !before.has(fire) && fire !== again[0]);
    last?.();
    await answer(store, peer);
    expect(compared()).toBe(2);
    const small = await counting({ tunables: { maxKeptPieceBytes: 1_000_000 } });
    await fill(small.store, authors(), 60);
    const other = await plain();
    const answers = await copy(small.store, other);
    expect(await versions(small.store, other)).toBe(true);
    expect(small.compared()).toBeGreaterThan(answers / 2);
  });

  test('S93: a document that takes more than there is is not said to be equal', async () => {
    const { store } = await counting({
      largeLogs: {
        ...largeLogsInline,
        difference: async () => ({
          ok: false,
          error: { code: 'OVERLOADED', message: 'no memory', retry: true },
        }),
      },
    });
    await fill(store, authors(), 20);
    const peer = await plain();
    expect(await answer(store, peer)).toMatchObject({ changes: [], wanted: false, isUndecided: true });
  });
});
