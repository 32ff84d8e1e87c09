import type { Digest, DocumentId, DocumentKey } from '@hearsay/core';
import type { WalkAnswer, WalkQuestion, WalkStep } from '@hearsay/merkle';
import type { CollectionRoot, RecentPage } from '../replica.ts';
import type { CommittedChange, DocumentStore } from '../store-types.ts';
import { type CollectionIndex, createPrefixIndex, type PrefixIndex } from './prefix-index.ts';
import { SelectedFeed } from './selected-feed.ts';

/** Which documents: those of some collections whose names begin with a prefix. */
export interface SelectionRange {
  readonly collections: readonly string[];
  /** Empty for whole collections. */
  readonly prefix: string;
}

/** A part of a store with an index and a feed of its own, as a store with nothing else would have them. */
export interface Selection {
  has(id: DocumentId): boolean;
  /** Which of the keys belong to it, as far as the store knows them; unknown ones are undefined. */
  belong(keys: readonly DocumentKey[]): Promise<readonly (boolean | undefined)[]>;
  /** Reads what its index begins with; throws {@link SelectionTooLargeError}. */
  prepare(): Promise<void>;
  roots(): Promise<readonly CollectionRoot[]>;
  feedHead(): number;
  recent(after: number, maxEntries: number): Promise<RecentPage>;
  digests(keys: readonly DocumentKey[]): Promise<readonly (Digest | null)[]>;
  answer(collection: string, question: WalkQuestion, maxBytes: number): Promise<WalkAnswer>;
  question(collection: string, paths: readonly string[]): Promise<WalkQuestion>;
  compare(collection: string, question: WalkQuestion, answer: WalkAnswer): Promise<WalkStep>;
  /** Those of a batch that belong to it; the same array for everybody who asks about the same batch. */
  of(batch: readonly CommittedChange[]): readonly CommittedChange[];
  /** To be told of every batch. */
  committed(batch: readonly CommittedChange[]): void;
}

export interface SelectionOptions {
  readonly outboxHead: number;
  readonly maxFeedDocuments: number;
  readonly maxIndexedDocuments: number;
}

export function createSelection(
  store: DocumentStore,
  { collections, prefix }: SelectionRange,
  { outboxHead, maxFeedDocuments, maxIndexedDocuments }: SelectionOptions,
): Selection {
  const feed = new SelectedFeed(outboxHead, maxFeedDocuments);
  const prefixIndexes = new Map<string, PrefixIndex>();
  if (prefix !== '') {
    for (const collection of collections) {
      prefixIndexes.set(collection, createPrefixIndex(store, collection, prefix, maxIndexedDocuments));
    }
  }

  function has(id: DocumentId): boolean {
    return id.name.startsWith(prefix) && collections.includes(id.collection);
  }

  let lastBatch: readonly CommittedChange[] = [];
  let lastSelected: readonly CommittedChange[] = [];

  function of(batch: readonly CommittedChange[]): readonly CommittedChange[] {
    if (batch !== lastBatch) {
      lastBatch = batch;
      lastSelected = batch.filter((change) => has(change.id));
    }
    return lastSelected;
  }

  async function belong(keys: readonly DocumentKey[]): Promise<readonly (boolean | undefined)[]> {
    const ids = await store.identify(keys);
    return ids.map((id) => (id === undefined ? undefined : has(id)));
  }

  async function digests(keys: readonly DocumentKey[]): Promise<readonly (Digest | null)[]> {
    const belonging = await belong(keys);
    const found = await store.digests(keys);
    return found.map((digest, at) => (belonging[at] === true ? digest : null));
  }

  async function roots(): Promise<readonly CollectionRoot[]> {
    if (prefix === '') {
      return (await store.roots()).filter((root) => collections.includes(root.collection));
    }
    const all: CollectionRoot[] = [];
    for (const [collection, index] of prefixIndexes) all.push({ collection, ...(await index.root()) });
    return all.filter((root) => root.count > 0);
  }

  /** Of a collection outside nothing is there. */
  function indexOf(collection: string): Omit<CollectionIndex, 'root'> {
    const index = prefixIndexes.get(collection);
    if (index !== undefined) return index;
    return wholeIndex(store, collections.includes(collection) ? collection : nowhere);
  }

  return {
    has,
    belong,
    prepare: async () => void (await roots()),
    roots,
    feedHead: () => feed.head,
    async recent(after, maxEntries) {
      const { keys, cursor, complete } = feed.after(after, maxEntries);
      const found = await store.digests(keys);
      return { entries: keys.map((key, at) => ({ key, digest: found[at] ?? null })), cursor, complete };
    },
    digests,
    answer: (collection, question, maxBytes) => indexOf(collection).answer(question, maxBytes),
    question: (collection, paths) => indexOf(collection).question(paths),
    compare: (collection, question, answer) => indexOf(collection).compare(question, answer),
    of,
    committed(batch) {
      for (const { id, key, sequence } of of(batch)) {
        feed.changed(key, sequence);
        prefixIndexes.get(id.collection)?.changed(key);
      }
    },
  };
}

/** No collection has this name. */
const nowhere = '';

function wholeIndex(store: DocumentStore, collection: string): Omit<CollectionIndex, 'root'> {
  return {
    answer: (question, maxBytes) => store.answerWalk(collection, question, maxBytes),
    question: (paths) => store.questionWalk(collection, paths),
    compare: (question, answer) => store.compareWalk(collection, question, answer),
  };
}
