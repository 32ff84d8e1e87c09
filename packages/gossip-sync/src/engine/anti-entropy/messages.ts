import type { Digest, DocumentKey } from '@hearsay/core';
import type { WalkAnswer, WalkQuestion } from '@hearsay/merkle';
import type { CollectionRoot, RecentPage } from '../../ports.ts';

/** Every message of a session names it; numbers are the initiator's. */
interface InSession {
  readonly session: number;
}

/** Rung 0, and the proof at the end: "these are my roots in one digest". */
export interface CompareMessage extends InSession {
  readonly type: 'compare';
  readonly root: Digest;
  /** Head of the sender's change feed before it read its roots. */
  readonly head: number;
}

export interface EqualMessage extends InSession {
  readonly type: 'equal';
  readonly head: number;
}

export interface DiffersMessage extends InSession {
  readonly type: 'differs';
  readonly root: Digest;
  readonly head: number;
  /** Documents in all collections. */
  readonly count: number;
  /** The sender knows everything that was in the receiver's change feed up to here; 0: unknown. */
  readonly cursor: number;
}

/** Not now: the sender has a session of its own with the receiver, mail for it, or too much to do. */
export interface BusyMessage extends InSession {
  readonly type: 'busy';
}

/** Rung 1, pull: "what changed with you since?" */
export interface RecentRequestMessage extends InSession {
  readonly type: 'recentRequest';
  readonly after: number;
  readonly maxEntries: number;
}

export interface RecentMessage extends InSession, RecentPage {
  readonly type: 'recent';
}

/** Rung 1, push: "this changed here; where do you differ?" */
export interface OfferMessage extends InSession {
  readonly type: 'offer';
  readonly entries: RecentPage['entries'];
}

export interface OfferAnswerMessage extends InSession {
  readonly type: 'offerAnswer';
  /** Those of the offer whose digest is another one here. */
  readonly differing: readonly DocumentKey[];
}

/** "You know now whatever was in my change feed up to here." */
export interface SettledMessage extends InSession {
  readonly type: 'settled';
  readonly cursor: number;
}

/** Rung 2: the roots one by one, ascending by name. */
export interface RootsRequestMessage extends InSession {
  readonly type: 'rootsRequest';
  /** Names after this one. */
  readonly after: string;
}

export interface RootsMessage extends InSession {
  readonly type: 'roots';
  readonly roots: readonly CollectionRoot[];
  readonly complete: boolean;
}

export interface WalkMessage extends InSession {
  readonly type: 'walk';
  readonly collection: string;
  readonly question: WalkQuestion;
}

export interface WalkAnswerMessage extends InSession {
  readonly type: 'walkAnswer';
  readonly collection: string;
  readonly answer: WalkAnswer;
}

/** What a session says: by the one who started it, and by the one who answers. */
export type RepairRequest =
  | CompareMessage
  | RecentRequestMessage
  | OfferMessage
  | SettledMessage
  | RootsRequestMessage
  | WalkMessage;

export type RepairAnswer =
  | EqualMessage
  | DiffersMessage
  | BusyMessage
  | RecentMessage
  | OfferAnswerMessage
  | RootsMessage
  | WalkAnswerMessage;

export type RepairMessage = RepairRequest | RepairAnswer;

/** Whether a message of a session comes from the one who started it. */
export function isRepairRequest(message: RepairMessage): message is RepairRequest {
  return requestTypes.has(message.type);
}

const requestTypes: ReadonlySet<RepairMessage['type']> = new Set<RepairRequest['type']>([
  'compare',
  'recentRequest',
  'offer',
  'settled',
  'rootsRequest',
  'walk',
]);
