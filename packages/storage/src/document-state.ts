import type { DocumentId, DocumentKey, Life } from '@hearsay/core';
import { emptyVersion, type Version } from '@hearsay/document';
import { isSame, mergeCertificates, unknownEnd, withClients } from './certificates.ts';
import type { HeadRecord } from './records.ts';
import type { DeathCertificate } from './replica.ts';

/**
 * All that is known of a document without its contents. A value: a change makes a new one.
 *
 * Life 0 is a document nobody has written to, or one whose certificate rests: it counts as never written to, but whoever
 * brings an old copy is known by it. The order of states is (life n, live) < (life n, deleted)
 * < (life n + 1, live): whatever is higher wins, on every replica.
 */
export interface DocumentState {
  readonly life: Life;
  /** Null while the document lives, and where it is absent. */
  readonly certificate: DeathCertificate | null;
  /** Of lives that are over, while it lives or rests; null where nothing is known of any. */
  readonly former: DeathCertificate | null;
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
  former: null,
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
  const isOver = isEnded(head);
  return {
    life: head.life,
    certificate: isOver ? head.certificate : null,
    former: isOver ? null : head.certificate,
    version,
    baseSequence: head.baseSequence,
    snapshotBytes: head.snapshotBytes,
    tailSequence: head.tailSequence,
    tailBytes: head.tailBytes,
  };
}

/** Whether a state is older than what is known to have been. Sequences go on over lives; what rests is of the life that is over. */
export function isOlder(
  { life, former, tailSequence }: DocumentState,
  known: Pick<DocumentState, 'life' | 'tailSequence'>,
): boolean {
  return (life === 0 ? (former?.life ?? 0) : life) < known.life || tailSequence < known.tailSequence;
}

/** Whether the life that a head speaks of is over. */
export function isEnded({ life, certificate, isFormer }: HeadRecord): boolean {
  return certificate !== null && !isFormer && certificate.life >= life;
}

/** What is left of a deleted document whose certificate is put to rest. */
export function restingState(state: DocumentState): DocumentState {
  return { ...state, life: 0, certificate: null, former: state.certificate };
}

export function headOfState(id: DocumentId, state: DocumentState, feedSequence: number): HeadRecord {
  return {
    id,
    life: state.life,
    certificate: state.certificate ?? state.former,
    isFormer: state.certificate === null && (state.former?.life ?? 0) >= state.life,
    baseSequence: state.baseSequence,
    snapshotBytes: state.snapshotBytes,
    tailSequence: state.tailSequence,
    tailBytes: state.tailBytes,
    feedSequence,
  };
}

/**
 * What an update of some life means to a document: `begin` starts a life afresh. `unknown`: lives are missing here between the
 * one that is known and that one; no life begins over another that lives, and none before the end of the last is known.
 */
export type LifeDecision = 'extend' | 'begin' | 'ended' | 'unknown';

/** `life` undefined: whatever life the document is in; a deleted one has none. */
export function decideLife(state: DocumentState, life: Life | undefined): LifeDecision {
  const phase = phaseOf(state);
  if (life === undefined) return phase === 'absent' ? 'begin' : phase === 'live' ? 'extend' : 'ended';
  if (life === state.life && phase === 'live') return 'extend';
  if (life <= state.life) return 'ended';
  return phase !== 'live' && life <= lastEnded(state) + 1 ? 'begin' : 'unknown';
}

/** The last life that is known to be over. */
function lastEnded({ certificate, former }: DocumentState): Life {
  return (certificate ?? former)?.life ?? 0;
}

/** What a document knows of ends of lives after one more was heard of. */
export interface CertificateDecision {
  /** Of the present life, which is over with it; null while it lives on. */
  readonly certificate: DeathCertificate | null;
  /** Of a life before the present one, which lives. */
  readonly former: DeathCertificate | null;
}

/**
 * Where a certificate comes from. `old`: it was in force longer ago than certificates are. `succeeded`: a later life comes with
 * it.
 */
export type CertificateStanding = 'inForce' | 'old' | 'succeeded';

/**
 * Null when nothing changes. Two deletions of one life keep the later stamp and the clients of both, so that all replicas
 * agree in whatever order they hear of them.
 *
 * A certificate that rested elsewhere, or should, may meet a document that was created anew where nobody knew
 * of it any more: it ends only what clients of the ended life have written.
 */
export function decideCertificate(
  state: DocumentState,
  heard: DeathCertificate,
  standing: CertificateStanding = 'inForce',
): CertificateDecision | null {
  if (state.life === 0 && standing === 'old') return null;
  const known = state.certificate ?? state.former;
  const isLive = phaseOf(state) === 'live';
  const isLate = standing === 'old' || (standing === 'inForce' && heard.activatedAt > heard.deletedAt);
  const ends =
    state.certificate === null &&
    heard.life >= state.life &&
    !(isLive && isLate && !isWrittenBy(state, heard.clients));
  const merged = known === null ? heard : mergeCertificates(known, heard);
  if (ends) return { certificate: { ...merged, clients: withClients(merged, state.version) }, former: null };
  if (known !== null && isSame(known, merged)) return null;
  return state.certificate === null
    ? { certificate: null, former: merged }
    : { certificate: merged, former: null };
}

/** What is remembered of all lives before `life`, which begins with nothing of them. */
export function formerLives(state: DocumentState, life: Life): DeathCertificate | null {
  const known = state.certificate ?? state.former;
  if (life === 1) return known;
  const ended = known ?? unknownEnd;
  const clients = state.life < life ? withClients(ended, state.version) : ended.clients;
  return { ...ended, life: life - 1, clients };
}

/**
 * How the last life ended that did: of a deleted document, or of one that began anew after it. What rests is not told: the first
 * life of a name began where nobody knew of it.
 */
export function lastEnd({ life, certificate, former }: DocumentState): DeathCertificate | null {
  if (certificate !== null) return certificate;
  return life > 1 ? { ...(former ?? unknownEnd), life: life - 1 } : null;
}

/** Whether a client that has what `version` tells was part of a life that is over, and not of the present one. */
export function isOfEndedLife(state: DocumentState, clients: Iterable<number>): boolean {
  const ended = (state.certificate ?? state.former)?.clients ?? [];
  if (ended.length === 0) return false;
  const dead = new Set(ended);
  for (const client of clients) {
    if (dead.has(client) && !state.version.stateVector.has(client)) return true;
  }
  return false;
}

/** Where nobody knows who wrote in the life that is over, everybody may have. */
function isWrittenBy({ version }: DocumentState, clients: readonly number[]): boolean {
  return clients.length === 0 || clients.some((client) => version.stateVector.has(client));
}

/** Key and name of a document, and what is in memory of it. */
export interface NamedDocument {
  readonly key: DocumentKey;
  readonly id: DocumentId;
}
