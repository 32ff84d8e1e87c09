import { err, ok, type Result, taggedError } from '@hearsay/core';
import { isUnreadable } from '../document-records.ts';
import type { OpenError } from '../errors.ts';
import type { SentinelRecord } from '../sentinel.ts';
import type { DamagedDocument } from '../store-types.ts';
import { openStoreView, type StoreViewOptions } from './store-view.ts';

/** What was found in a store, all of which was read. */
export interface Verification {
  /** Undefined where it is lost: the store would start as a new replica. */
  readonly sentinel: SentinelRecord | undefined;
  /** Documents read, deleted ones too. */
  readonly documents: number;
  /** Documents that peers have to send anew. */
  readonly damaged: readonly DamagedDocument[];
  /** Changes that had been written and are gone: in what documents is not known. */
  readonly lostChanges: number;
  /** What a node would put right by itself, from the documents. */
  readonly derived: {
    /** Names, feed entries and index nodes that are wrong. */
    readonly wrong: number;
    /** Batches missing from LevelDB's log. */
    readonly holes: number;
    /** Counters, roots and other records of the store's own that cannot be read. */
    readonly unreadable: number;
  };
}

export interface VerifyOptions extends StoreViewOptions {
  readonly onProgress?: (documents: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Documents checked between two looks at the signal. */
const stepDocuments = 256;

/**
 * Reads every document of a store that no node has open, and everything that is derived from the documents, and changes
 * nothing. Throws the signal's reason when it is aborted.
 */
export async function verifyStore(options: VerifyOptions): Promise<Result<Verification, OpenError>> {
  const { onProgress = () => {}, signal, ...rest } = options;
  const opened = await openStoreView(rest);
  if (!opened.ok) return opened;
  const { store, sentinel, close } = opened.value;
  try {
    await store.idle();
    const total = store.status().documents;
    let documents = 0;
    for (let complete = false; !complete; ) {
      signal?.throwIfAborted();
      const step = await store.scrub(stepDocuments);
      documents += step.documents;
      complete = step.complete;
      onProgress(documents, total);
    }
    const { counters } = store.status();
    const { scrubRepairs: wrong, logHoles: holes, recordsDamaged: unreadable } = counters;
    const lostChanges = counters.tailLost + counters.changesMissing;
    const derived = { wrong, holes, unreadable };
    return ok({ sentinel, documents, damaged: store.damaged(), lostChanges, derived });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    // A damaged key ends all iterators that come past it.
    return err(taggedError('STORE_CORRUPT', 'LevelDB cannot read all of its tables'));
  } finally {
    await close();
  }
}
