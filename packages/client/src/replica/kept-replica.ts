import { type DocumentKey, documentKey, err, type Life, type ReplicaId, taggedError } from '@hearsay/core';
import { mergeUpdates } from '@hearsay/document';
import { type Interest, isWithin } from '@hearsay/gossip-sync';
import type { DocumentChange, DocumentStore, ReceiveError, ReceiveOutcome, Replica } from '@hearsay/storage';
import type { KeyedQueue } from './keyed-queue.ts';
import type { CopiesAside, CopyAside } from './set-aside.ts';
import type { UnsentEdits } from './unsent-edits.ts';

export interface KeptReplicaDeps {
  readonly store: DocumentStore;
  readonly interest: Interest;
  readonly unsent: UnsentEdits;
  readonly copies: CopiesAside;
  /** Edits made here wait while their document's fate is decided. */
  readonly queue: KeyedQueue;
  /** Unix milliseconds. */
  now(): number;
  /** A copy is safe, and its document about to end. */
  keptAside(copy: CopyAside): void;
}

/**
 * The store as the engine sees it: takes only what belongs here, and keeps a copy of every document aside that a server
 * ends while it has edits nobody else has seen.
 */
export function createKeptReplica(deps: KeptReplicaDeps): Replica {
  const { store, interest, unsent, copies, queue } = deps;

  async function receive(
    changes: readonly DocumentChange[],
    from: ReplicaId,
  ): Promise<readonly ReceiveOutcome[]> {
    const refused = new Map<DocumentChange, ReceiveError>();
    const endangered = new Set<DocumentKey>();
    for (const change of changes) {
      const key = documentKey(change.id);
      if (!isWithin(interest, change.id)) refused.set(change, foreign);
      else if (unsent.mayHold(key)) endangered.add(key);
    }
    const outcomes = await queue.run([...endangered], async () => {
      for (const change of changes) {
        const key = documentKey(change.id);
        if (endangered.has(key) && !(await isSafe(key, change))) refused.set(change, unsafe);
      }
      const taken = changes.filter((change) => !refused.has(change));
      return (await store.receive(taken, from)).values();
    });
    return changes.map((change): ReceiveOutcome => {
      const refusal = refused.get(change);
      return refusal === undefined ? (outcomes.next().value ?? err(unsafe)) : err(refusal);
    });
  }

  /** False when a copy would have to be kept and cannot be. */
  async function isSafe(key: DocumentKey, change: DocumentChange): Promise<boolean> {
    try {
      await setAside(key, change);
      return true;
    } catch {
      return false;
    }
  }

  async function setAside(key: DocumentKey, change: DocumentChange): Promise<void> {
    const { id } = change;
    const { phase, life } = await store.lookup(id);
    if (phase !== 'live' || lastLifeEnded(change) < life) return;
    const document = await store.read(id);
    // Of a damaged copy nothing can be kept.
    if (!document.ok || document.value === undefined) return;
    const copy = { id, life, at: deps.now(), update: mergeUpdates(document.value.updates) };
    await copies.keep(copy);
    unsent.forget(key);
    deps.keptAside(copy);
  }

  return { ...store, receive };
}

const foreign: ReceiveError = taggedError(
  'NOT_PERMITTED',
  'the document is outside of what this replica keeps',
);
const unsafe: ReceiveError = taggedError('STORE_UNAVAILABLE', 'the last copy could not be kept aside', true);

/** Lives up to this one are over once the change is stored. */
function lastLifeEnded(change: DocumentChange): Life {
  return change.kind === 'certificate' ? change.certificate.life : change.life - 1;
}
