import type { Digest, DocumentId, DocumentKey } from '@hearsay/core';
import {
  answerWalk,
  compareWalk,
  type IndexRoot,
  memoryNodes,
  questionWalk,
  readRoot,
  updateIndex,
  type WalkAnswer,
  type WalkQuestion,
  type WalkStep,
} from '@hearsay/merkle';
import { createExclusive } from '../exclusive.ts';
import type { DocumentStore } from '../store-types.ts';

/** The Merkle index of one collection. */
export interface CollectionIndex {
  root(): Promise<IndexRoot>;
  answer(question: WalkQuestion, maxBytes: number): Promise<WalkAnswer>;
  question(paths: readonly string[]): Promise<WalkQuestion>;
  compare(question: WalkQuestion, answer: WalkAnswer): Promise<WalkStep>;
}

/** One more that holds only the documents of a collection whose names begin with a prefix: in memory, kept up to date. */
export interface PrefixIndex extends CollectionIndex {
  /** To be told of every change to a document of it. */
  changed(key: DocumentKey): void;
}

export type IndexedStore = Pick<DocumentStore, 'identify' | 'indexed' | 'digests'>;

/** Keys are hashes, so documents of one prefix lie scattered: the collection is looked through in so many slices. */
const slices: readonly string[] = Array.from({ length: 256 }, (_, slice) =>
  slice.toString(16).padStart(2, '0'),
);

/** A prefix selects more documents than an index in memory may hold. */
export class SelectionTooLargeError extends Error {
  constructor(collection: string, prefix: string, maxDocuments: number) {
    super(`"${prefix}" selects more than ${maxDocuments} documents of "${collection}"`);
    this.name = 'SelectionTooLargeError';
  }
}

/**
 * Begins with reading the names of all documents of the collection, deleted ones too, when it is first asked; from then on
 * it costs what changes. Equal documents give the root that a store with nothing else would have.
 */
export function createPrefixIndex(
  store: IndexedStore,
  collection: string,
  prefix: string,
  maxDocuments: number,
): PrefixIndex {
  const nodes = memoryNodes();
  const exclusive = createExclusive();
  const stale = new Set<DocumentKey>();
  let isBuilt = false;

  function current<T>(read: () => Promise<T>): Promise<T> {
    return exclusive.run(async () => {
      if (!isBuilt) await build();
      if (stale.size > 0) await refresh();
      return read();
    });
  }

  async function build(): Promise<void> {
    for (const slice of slices) {
      const entries = await store.indexed(collection, slice);
      const ids = await store.identify(entries.map((entry) => entry.key));
      await apply(
        new Map(entries.filter((_, at) => isOurs(ids[at])).map(({ key, digest }) => [key, digest])),
      );
      const { count } = await readRoot(nodes);
      if (count > maxDocuments) throw new SelectionTooLargeError(collection, prefix, maxDocuments);
    }
    isBuilt = true;
  }

  async function refresh(): Promise<void> {
    const keys = [...stale];
    stale.clear();
    try {
      const digests = await store.digests(keys);
      await apply(new Map(keys.map((key, at) => [key, digests[at] ?? null])));
    } catch (error) {
      for (const key of keys) stale.add(key);
      throw error;
    }
  }

  async function apply(changes: ReadonlyMap<DocumentKey, Digest | null>): Promise<void> {
    if (changes.size === 0) return;
    const { writes } = await updateIndex(nodes, changes);
    await nodes.write(writes);
  }

  function isOurs(id: DocumentId | undefined): boolean {
    return id?.collection === collection && id.name.startsWith(prefix);
  }

  return {
    changed: (key) => stale.add(key),
    root: () => current(() => readRoot(nodes)),
    answer: (question, maxBytes) => current(() => answerWalk(nodes, question, maxBytes)),
    question: (paths) => current(() => questionWalk(nodes, paths)),
    compare: (question, answer) => current(() => compareWalk(nodes, question, answer)),
  };
}
