import { type DocumentKey, limits, type Timers } from '@hearsay/core';
import {
  compareSketch,
  emptyUpdate,
  emptyVersion,
  type StateVector,
  splitUpdate,
  weighSketch,
} from '@hearsay/document';
import type { DocumentState } from './document-state.ts';
import { createExclusive } from './exclusive.ts';
import { createKeptPieces } from './kept-pieces.ts';
import type { Lacking } from './lacking.ts';
import type { LargeLogs } from './large-logs.ts';

/** Rung 3 for documents that are not to be read for every answer, and never on the main thread where there is another. */
export interface LargeDifferences {
  isLarge(state: DocumentState): boolean;
  /** What can be told without reading the document; undefined when it is to be read. */
  known(key: DocumentKey, state: DocumentState, sketch: Uint8Array | null): Lacking | undefined;
  /** From the log, which is of `state`; undefined when it takes too much. */
  ofLog(
    key: DocumentKey,
    state: DocumentState,
    sketch: Uint8Array | null,
    log: readonly Uint8Array[],
  ): Promise<Lacking | undefined>;
  /** Runs one job at a time: each has a document in memory. */
  inTurn<T>(job: () => Promise<T>): Promise<T>;
  /** Forgets what was cut. */
  clear(): void;
}

export interface LargeDifferencesDeps {
  readonly largeLogs: LargeLogs;
  readonly timers: Timers;
  readonly pieceBytes: number;
  /** As of `StoreTunables`. */
  readonly maxKeptBytes: number;
}

/** Ranges of deletes that are compared and cut on the main thread: some milliseconds. */
const inlineRanges = 10_000;

/** Milliseconds: as long as a batch of an exchange may take. */
const idleMs = 30_000;

export function createLargeDifferences(deps: LargeDifferencesDeps): LargeDifferences {
  const { largeLogs, timers, pieceBytes, maxKeptBytes: maxBytes } = deps;
  const exclusive = createExclusive();
  const kept = createKeptPieces({ timers, maxBytes, idleMs });

  return {
    isLarge: ({ snapshotBytes, tailBytes }) => snapshotBytes + tailBytes > limits.inlineDocumentBytes,
    known(key, { life, version }, sketch) {
      const weight = sketch === null ? undefined : weighSketch(version, sketch);
      if (weight?.ok === false) return undefined;
      const theirs = weight?.value.stateVector ?? emptyVersion.stateVector;
      if (sketch !== null && weight?.value.isBehind === false) {
        if (weight.value.deleteRanges > inlineRanges) return undefined;
        const compared = compareSketch(emptyUpdate, version, sketch);
        if (!compared.ok) return undefined;
        const { update, theyKnowMore } = compared.value;
        return { updates: update === null ? [] : splitUpdate(update, pieceBytes), theyKnowMore, more: false };
      }
      const rest = kept.after(key, life, theirs);
      if (rest === undefined) return undefined;
      // Which deletes they have is not told by clocks: once they have all structs they are compared anew.
      return {
        updates: rest.map(({ update }) => update),
        theyKnowMore: hasMore(theirs, version.stateVector),
        more: true,
      };
    },
    async ofLog(key, { life, version }, sketch, log) {
      const weight = sketch === null ? undefined : weighSketch(version, sketch);
      // A description that cannot be read is answered with everything: what they have is refused as known.
      const isUnreadable = weight?.ok === false;
      const compared = await largeLogs.difference(log, isUnreadable ? null : sketch, pieceBytes);
      if (!compared.ok) return undefined;
      const { pieces, theyKnowMore } = compared.value;
      const theirs = weight?.ok === true ? weight.value.stateVector : emptyVersion.stateVector;
      kept.keep(key, life, theirs, pieces);
      const updates = pieces.map(({ update }) => update);
      return { updates, theyKnowMore: theyKnowMore || isUnreadable, more: false };
    },
    inTurn: exclusive.run,
    clear: kept.clear,
  };
}

function hasMore(theirs: StateVector, mine: StateVector): boolean {
  for (const [client, clock] of theirs) if (clock > (mine.get(client) ?? 0)) return true;
  return false;
}
