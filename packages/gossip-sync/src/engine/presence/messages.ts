import type { DocumentId, ReplicaId } from '@hearsay/core';

/** One client's awareness state in one document. */
export interface PresenceState {
  readonly id: DocumentId;
  /** The client's number in the awareness protocol. */
  readonly client: number;
  /** The client's own counter: the higher one holds; with equal ones, gone holds. */
  readonly clock: number;
  /** JSON as the client sent it; null when it is gone. */
  readonly state: Uint8Array | null;
}

/** States of clients that are connected to `owner`. */
export interface StatesMessage {
  readonly type: 'states';
  readonly owner: ReplicaId;
  readonly states: readonly PresenceState[];
}

export type PresenceMessage = StatesMessage;
