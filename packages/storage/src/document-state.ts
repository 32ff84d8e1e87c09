import type { DocumentId, DocumentKey, Life } from '@hearsay/core';
import { emptyVersion, type Version } from '@hearsay/document';
import type { HeadRecord } from './records.ts';
import type { DeathCertificate } from './replica.ts';

/**
 * All that is known of a document without its contents. A value: a change makes a new one.
 *
 * Life 0 is a document nobody has written to. The order of states is (life n, live) < (life n, deleted)
 * < (life n + 1, live): whatever is higher wins, on every replica.
 */
export interface DocumentState {
  readonly life: Life;
  /** Null while the document lives, and where it is absent. */
  readonly certificate: DeathCertificate | null;
  /** Empty unless the document lives. */
  readonly version: Version;
  readonly baseSequence: number;
  readonly snapshotBytes: number;
  readonly tailSequence: number;
  readonly tailBytes: number;
}

export const absentState: DocumentState = {
  life: 0,
  certificate: null,
  version: emptyVersion,
  baseSequence: 0,
  snapshotBytes: 0,
  tailSequence: 0,
  tailBytes: 0,
};

export type Phase = 'absent' | 'live' | 'deleted';

export function phaseOf(state: DocumentState): Phase {
  if (state.life === 0) return 'absent';
  return state.certificate === null ? 'live' : 'deleted';
}

export function stateOfHead(head: HeadRecord, version: Version): DocumentState {
  return {
    life: head.life,
    certificate: head.certificate,
    version,
    baseSequence: head.baseSequence,
    snapshotBytes: head.snapshotBytes,
    tailSequence: head.tailSequence,
    tailBytes: head.tailBytes,
  };
}

export function headOfState(id: DocumentId, state: DocumentState, feedSequence: number): HeadRecord {
  return {
    id,
    life: state.life,
    certificate: state.certificate,
    baseSequence: state.baseSequence,
    snapshotBytes: state.snapshotBytes,
    tailSequence: state.tailSequence,
    tailBytes: state.tailBytes,
    feedSequence,
  };
}

/** What an update of some life means to a document: `begin` starts a life afresh and drops what was there. */
export type LifeDecision = 'extend' | 'begin' | 'ended';

/** `life` undefined: whatever life the document is in; a deleted one has none. */
export function decideLife(state: DocumentState, life: Life | undefined): LifeDecision {
  const phase = phaseOf(state);
  if (life === undefined) return phase === 'absent' ? 'begin' : phase === 'live' ? 'extend' : 'ended';
  if (life > state.life) return 'begin';
  return life === state.life && phase === 'live' ? 'extend' : 'ended';
}

/**
 * The certificate that holds after another one is heard of; null when nothing changes. Two deletions of one life
 * keep the later stamp, so that all replicas agree in whatever order they hear of them.
 */
export function decideCertificate(state: DocumentState, heard: DeathCertificate): DeathCertificate | null {
  if (heard.life < state.life) return null;
  const mine = state.certificate;
  if (mine === null || heard.life > state.life) return heard;
  const later =
    heard.deletedAt > mine.deletedAt || (heard.deletedAt === mine.deletedAt && heard.by > mine.by)
      ? heard
      : mine;
  const activatedAt = Math.max(mine.activatedAt, heard.activatedAt);
  if (later === mine && activatedAt === mine.activatedAt) return null;
  return { ...later, activatedAt };
}

/** Key and name of a document, and what is in memory of it. */
export interface NamedDocument {
  readonly key: DocumentKey;
  readonly id: DocumentId;
}
