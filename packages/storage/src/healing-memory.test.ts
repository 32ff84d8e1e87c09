import { documentKey } from '@hearsay/core';
import { documentJson, mergeUpdates } from '@hearsay/document';
import { expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import type { Database } from './database.ts';
import { documentKeyBytes, snapshotKey } from './keys.ts';
import type { DocumentStore } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { until } from './testing/gate.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened, peerId } from './testing/stores.ts';

const bytes = documentKeyBytes(documentKey(idOf('a')));

async function textIn(store: DocumentStore): Promise<unknown> {
  const read = await store.read(idOf('a'));
  return read.ok ? documentJson(read.value?.updates ?? [])['text'] : read.error.code;
}

/** A database that holds back who asks for the keys of a document, as healing does once it has read what there is. */
function holdingDatabase(disk: Database) {
  const held: (() => void)[] = [];
  const holding = { isOn: false, held };
  const database = new Proxy(disk, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      if (property !== 'keys' || !holding.isOn) return member.bind(target);
      return (...parameters: unknown[]) => {
        const keys: { all(): Promise<unknown> } = Reflect.apply(member, target, parameters);
        const turn = new Promise<void>((resolve) => held.push(resolve));
        return { all: () => turn.then(() => keys.all()) };
      };
    },
  });
  return { holding, database };
}

/** A store with memory for two documents, in which `a` is damaged, and what a peer sends to heal it. */
async function damaged() {
  const disk = memoryDatabase();
  const { holding, database } = holdingDatabase(disk);
  const { held } = holding;
  const options = memoryOptions({
    openDatabase: () => database,
    tunables: { maxOpenDocumentBytes: 1500 },
  });
  const before = await opened(options);
  const author = createAuthor(1);
  const edits = [author.type('a'), author.type('b')];
  for (const edit of edits) unwrap(await before.submit(idOf('a'), edit, local));
  expect(await before.compact(idOf('a'))).toBe(true);
  await before.close();
  await disk.open();
  await disk.put(snapshotKey(bytes), new Uint8Array(9));
  const store = await opened(options);
  expect(await textIn(store)).toBe('DOCUMENT_DAMAGED');
  await store.idle();
  holding.isOn = true;
  const change = { kind: 'update', id: idOf('a'), life: 1, update: mergeUpdates(edits) } as const;
  const heal = () => store.receive([change], peerId(1));
  /** Lets the next who waits go on. */
  const letGo = async (): Promise<void> => {
    await until(() => held.length > 0);
    held.shift()?.();
  };
  return { store, author, held, heal, letGo };
}

/** Uses others until `a` has left the memory. */
async function evict(store: DocumentStore, ...others: readonly string[]): Promise<void> {
  for (const [at, name] of others.entries()) {
    unwrap(await store.submit(idOf(name), createAuthor(at + 10).type(name), local));
  }
}

it('S98: a document that left the memory while it was healed, and came back, takes edits when it is whole', async () => {
  const { store, author, held, heal, letGo } = await damaged();
  const healed = heal();
  await until(() => held.length > 0);
  await evict(store, 'b', 'c');
  const early = await store.submit(idOf('a'), createAuthor(2).type('x'), local);
  expect(early).toMatchObject({ error: { code: 'DOCUMENT_DAMAGED' } });
  await letGo();
  expect(await healed).toMatchObject([{ ok: true }]);
  unwrap(await store.submit(idOf('a'), author.type('c'), local));
  expect([await textIn(store), store.damaged()]).toEqual(['abc', []]);
  await store.close();
});

it('S98: what is acknowledged of it since is not overwritten by who still heals what had left the memory', async () => {
  const { store, held, heal, letGo } = await damaged();
  const first = heal();
  await until(() => held.length > 0);
  await evict(store, 'b', 'c');
  const second = heal();
  await letGo();
  await first;
  const overtaken = until(() => held.length > 0);
  await Promise.race([overtaken, second]);
  await evict(store, 'd', 'e');
  unwrap(await store.submit(idOf('a'), createAuthor(3).type('acknowledged'), local));
  if (held.length > 0) await letGo();
  await second;
  await evict(store, 'f', 'g');
  expect(await textIn(store)).toMatch(/acknowledged/);
  await store.close();
});
