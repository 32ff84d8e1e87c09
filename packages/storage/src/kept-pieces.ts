import type { DocumentKey, Life, Timers } from '@hearsay/core';
import type { Piece, StateVector } from '@hearsay/document';

/**
 * Large documents, cut for peers that lack much of them: what an exchange goes on with instead of cutting anew for each answer. One
 * cut serves all peers that have at least what the one it was made for had: by the state vector of each it is known which pieces
 * it lacks still. What is kept was true of the life it is of, and is so whatever is written since: it may be less than all, never wrong.
 */
export interface KeptPieces {
  /** Pieces that a peer with this state vector lacks, the first of them and all after it; undefined where that is not known. */
  after(key: DocumentKey, life: Life, theirs: StateVector): readonly Piece[] | undefined;
  /** Keeps what was cut for a peer with this state vector. */
  keep(key: DocumentKey, life: Life, theirs: StateVector, pieces: readonly Piece[]): void;
  readonly bytes: number;
  clear(): void;
}

export interface KeptPiecesDeps {
  readonly timers: Timers;
  /** Of all that is kept; what is larger alone is not kept at all. */
  readonly maxBytes: number;
  /** Milliseconds without a question after which it is forgotten. */
  readonly idleMs: number;
}

interface Kept {
  readonly life: Life;
  /** What the peer had for which it was cut. */
  readonly base: StateVector;
  readonly pieces: readonly Piece[];
  readonly bytes: number;
  /** Of the timer: whether anybody has asked since it was set. */
  isUsed: boolean;
  stop: () => void;
}

export function createKeptPieces({ timers, maxBytes, idleMs }: KeptPiecesDeps): KeptPieces {
  const documents = new Map<DocumentKey, Kept>();
  let bytes = 0;

  function forget(key: DocumentKey): void {
    const kept = documents.get(key);
    if (kept === undefined) return;
    kept.stop();
    documents.delete(key);
    bytes -= kept.bytes;
  }

  function watch(key: DocumentKey, kept: Kept): void {
    kept.isUsed = false;
    kept.stop = timers.set(idleMs, () => (kept.isUsed ? watch(key, kept) : forget(key)));
  }

  return {
    get bytes() {
      return bytes;
    },
    after(key, life, theirs) {
      const kept = documents.get(key);
      if (kept === undefined || kept.life !== life || !reaches(theirs, kept.base)) return undefined;
      kept.isUsed = true;
      documents.delete(key);
      documents.set(key, kept);
      // Deletes alone leave no trace in a state vector: who has all structs is compared anew.
      const first = kept.pieces.findIndex(({ ends }) => !reaches(theirs, ends));
      return first === -1 ? undefined : kept.pieces.slice(first);
    },
    keep(key, life, base, pieces) {
      forget(key);
      const size = pieces.reduce((sum, { update }) => sum + update.byteLength, 0);
      if (size > maxBytes || !pieces.some(({ ends }) => ends.size > 0)) return;
      const kept = { life, base, pieces, bytes: size, isUsed: false, stop: () => {} };
      documents.set(key, kept);
      bytes += size;
      watch(key, kept);
      for (const oldest of documents.keys()) {
        if (bytes <= maxBytes) break;
        forget(oldest);
      }
    },
    clear() {
      for (const key of [...documents.keys()]) forget(key);
    },
  };
}

/** Whether somebody is as far as `ends`. */
function reaches(theirs: StateVector, ends: StateVector): boolean {
  for (const [client, clock] of ends) if ((theirs.get(client) ?? 0) < clock) return false;
  return true;
}
