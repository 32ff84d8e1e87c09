import type { Digest, DocumentKey } from '@hearsay/core';
import {
  answerWalk,
  compareWalk,
  entries,
  type IndexEntry,
  type IndexRoot,
  type IndexUpdate,
  lookup,
  type NodePath,
  type NodeReader,
  questionWalk,
  updateIndex,
  type WalkAnswer,
  type WalkQuestion,
  type WalkStep,
} from '@hearsay/merkle';
import { readFeed } from './change-feed.ts';
import { type BatchOperation, del, put } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import type { DocumentState } from './document-state.ts';
import { sealRecord } from './envelope.ts';
import { createExclusive } from './exclusive.ts';
import type { Hydrated } from './hydrate.ts';
import { leafOf } from './index-leaf.ts';
import { createIndexNodes, isIndexDamage } from './index-nodes.ts';
import { encodeIndexRoot } from './index-records.ts';
import { indexNodeRange, indexRootKey, metaKey } from './keys.ts';
import { encodeNumber } from './records.ts';
import type { CollectionRoot, RecentPage } from './replica.ts';
import type { StoreCounter } from './store-types.ts';

/** What of a document goes into the index. `collection` is undefined where nobody knows it any more. */
export interface IndexedDocument {
  readonly collection: string | undefined;
  /** Null: not there, or damaged. */
  readonly state: DocumentState | null;
}

/** The Merkle indexes of all collections, brought up to date when somebody asks. */
export interface IndexKeeper {
  /** Up to where in the feed the roots tell everything: its head, unless the index cannot be written now. */
  head(): Promise<number>;
  roots(): Promise<readonly CollectionRoot[]>;
  recent(after: number, maxEntries: number): Promise<RecentPage>;
  digests(keys: readonly DocumentKey[]): Promise<readonly (Digest | null)[]>;
  /** What one index holds below a path, deleted documents too. */
  entries(collection: string, path: NodePath): Promise<readonly IndexEntry[]>;
  answer(collection: string, question: WalkQuestion, maxBytes: number): Promise<WalkAnswer>;
  question(collection: string, paths: readonly string[]): Promise<WalkQuestion>;
  compare(collection: string, question: WalkQuestion, answer: WalkAnswer): Promise<WalkStep>;
  /** Starts from what is on disk; with `rebuild` from nothing. */
  reset(hydrated: Hydrated): void;
  /** Reads nodes from the disk, past all caches, while nothing changes them. Damage is for the caller to mend. */
  inspect<T>(
    job: (roots: ReadonlyMap<string, IndexRoot>, reader: (collection: string) => NodeReader) => Promise<T>,
  ): Promise<T>;
  /** Discards all indexes; they are built anew from the documents when next asked for. */
  rebuild(): Promise<void>;
  idle(): Promise<void>;
  /** Brings nothing more up to date: the store is closing. */
  stop(): void;
}

export interface IndexKeeperDeps {
  readonly handle: DatabaseHandle;
  feedHead(): number;
  documentAt(key: DocumentKey): Promise<IndexedDocument>;
  collectionOf(key: DocumentKey): Promise<string | undefined>;
  /** Writes records; false when they could not be written. */
  write(operations: readonly BatchOperation[]): Promise<boolean>;
  count(counter: StoreCounter, by?: number): void;
  readonly pageDocuments: number;
  readonly maxCacheBytes: number;
}

/** Digests kept beside the index, for the documents that were indexed last. */
const memoDocuments = 16_384;
/** Documents read at once for the index: each takes a tenth of a millisecond of the event loop, which edits wait for. */
const readAtOnce = 32;
const rebuildKeysPerBatch = 10_000;
/** Writes that may fail before the index is answered from as it is: on a full disk repair still goes out. */
const maxRefusals = 2;
/** An index that is found damaged again right after it was built anew is the disk's fault. */
const maxAttempts = 3;

export function createIndexKeeper(deps: IndexKeeperDeps): IndexKeeper {
  const { handle } = deps;
  const nodes = createIndexNodes(handle, deps.maxCacheBytes);
  const exclusive = createExclusive();
  const memo = new Map<DocumentKey, Digest | null>();
  let roots = new Map<string, IndexRoot>();
  let cursor = 0;
  let rootsDamaged = false;
  let stopped = false;

  /** Brings the indexes up to the feed's present head, then reads from them, nothing else going on meanwhile. */
  function current<T>(read: (upTo: number) => Promise<T>): Promise<T> {
    return exclusive.run(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          const upTo = await catchUp();
          return await read(upTo);
        } catch (error) {
          if (!isIndexDamage(error) || attempt === maxAttempts) throw error;
          await discard();
        }
      }
    });
  }

  /** Where the index ends: the feed's head when asked, unless nothing can be written now. */
  async function catchUp(): Promise<number> {
    if (rootsDamaged) await discard();
    const upTo = deps.feedHead();
    let refusals = 0;
    while (cursor < upTo && refusals < maxRefusals && !stopped) {
      const from = cursor;
      const page = await handle.read((database) => readFeed(database, from, upTo, deps.pageDocuments));
      deps.count('recordsDamaged', page.damaged);
      const leaves = await leavesOf(page.entries.map(({ key }) => key));
      if (await store(leaves, page.cursor)) deps.count('indexedDocuments', page.entries.length);
      else refusals++;
    }
    return Math.min(cursor, upTo);
  }

  async function leavesOf(
    keys: readonly DocumentKey[],
  ): Promise<Map<string, Map<DocumentKey, Digest | null>>> {
    const leaves = new Map<string, Map<DocumentKey, Digest | null>>();
    for (let start = 0; start < keys.length; start += readAtOnce) {
      const read = async (key: DocumentKey) => ({ key, ...(await deps.documentAt(key)) });
      for (const { key, collection, state } of await Promise.all(
        keys.slice(start, start + readAtOnce).map(read),
      )) {
        const digest = state === null ? null : leafOf(state);
        for (const name of collection === undefined ? roots.keys() : [collection]) {
          const changes = leaves.get(name) ?? new Map<DocumentKey, Digest | null>();
          leaves.set(name, changes.set(key, digest));
        }
      }
    }
    return leaves;
  }

  async function store(
    leaves: ReadonlyMap<string, ReadonlyMap<DocumentKey, Digest | null>>,
    reached: number,
  ): Promise<boolean> {
    const updates: [string, IndexUpdate][] = [];
    const operations: BatchOperation[] = [];
    for (const [collection, changes] of leaves) {
      const update = await updateIndex(nodes.reader(collection), changes);
      updates.push([collection, update]);
      operations.push(...nodes.operations(collection, update.writes));
      operations.push(sealed(indexRootKey(collection), encodeIndexRoot(update.root)));
    }
    operations.push(sealed(metaKey('index'), encodeNumber(reached)));
    if (!(await deps.write(operations))) {
      // What memory and disk are after a recovery, `reset` says; a read waits for it.
      await handle.read(async () => {});
      return false;
    }
    for (const [collection, update] of updates) {
      nodes.remember(collection, update.writes);
      roots.set(collection, update.root);
    }
    cursor = reached;
    for (const changes of leaves.values()) for (const [key, digest] of changes) remember(key, digest);
    return true;
  }

  function remember(key: DocumentKey, digest: Digest | null): void {
    memo.delete(key);
    memo.set(key, digest);
    if (memo.size <= memoDocuments) return;
    for (const oldest of memo.keys()) {
      memo.delete(oldest);
      break;
    }
  }

  async function digestOfKey(key: DocumentKey): Promise<Digest | null> {
    const known = memo.get(key);
    if (known !== undefined) return known;
    const collection = await deps.collectionOf(key);
    if (collection === undefined) return null;
    return (await lookup(nodes.reader(collection), key)) ?? null;
  }

  async function discard(): Promise<void> {
    deps.count('indexRebuilds');
    const operations: BatchOperation[] = [sealed(metaKey('index'), encodeNumber(0))];
    for (const collection of roots.keys()) {
      const keys = await handle.read((database) => database.keys(indexNodeRange(collection)).all());
      operations.push(...keys.map(del), del(indexRootKey(collection)));
    }
    for (let start = 0; start < operations.length; start += rebuildKeysPerBatch) {
      if (!(await deps.write(operations.slice(start, start + rebuildKeysPerBatch)))) return;
    }
    roots = new Map();
    rootsDamaged = false;
    cursor = 0;
    memo.clear();
    nodes.clear();
  }

  return {
    head: () => current(async (upTo) => upTo),
    roots: () =>
      current(async () =>
        [...roots]
          .filter(([, root]) => root.count > 0)
          .map(([collection, root]) => ({ collection, ...root }))
          .sort((a, b) => (a.collection < b.collection ? -1 : 1)),
      ),
    recent: (after, maxEntries) =>
      current(async (upTo) => {
        const page = await handle.read((database) => readFeed(database, after, upTo, maxEntries));
        const entries = await Promise.all(
          page.entries.map(async ({ key }) => ({ key, digest: await digestOfKey(key) })),
        );
        return { entries, cursor: Math.max(page.cursor, after), complete: page.cursor >= upTo };
      }),
    digests: (keys) => current(async () => Promise.all(keys.map(digestOfKey))),
    entries: (collection, path) =>
      current(async () => {
        const found: IndexEntry[] = [];
        for await (const entry of entries(nodes.reader(collection), path)) found.push(entry);
        return found;
      }),
    answer: (collection, question, maxBytes) =>
      current(() => answerWalk(nodes.reader(collection), question, maxBytes)),
    question: (collection, paths) => current(() => questionWalk(nodes.reader(collection), paths)),
    compare: (collection, question, answer) =>
      current(() => compareWalk(nodes.reader(collection), question, answer)),
    reset(hydrated) {
      roots = new Map(hydrated.roots);
      rootsDamaged = hydrated.rootsDamaged;
      cursor = hydrated.indexCursor;
      memo.clear();
      nodes.clear();
    },
    inspect: (job) =>
      exclusive.run(async () => {
        await catchUp();
        return job(roots, nodes.diskReader);
      }),
    rebuild: () => exclusive.run(discard),
    idle: () => exclusive.idle(),
    stop() {
      stopped = true;
    },
  };
}

function sealed(key: Uint8Array, payload: Uint8Array): BatchOperation {
  return put(key, sealRecord(key, payload));
}
