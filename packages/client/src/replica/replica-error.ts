/** Why a replica does not do what it is asked for. */
export type ReplicaErrorCode =
  /** Collections, prefix or servers are not what they should be. */
  | 'OPTIONS_INVALID'
  /** The storage holds documents outside of the collections and the prefix asked for. */
  | 'INTEREST_NARROWED'
  /** The storage cannot be opened; the message says why and what to do. */
  | 'STORAGE_UNUSABLE'
  /** The document is outside of what the replica keeps. */
  | 'OUTSIDE_INTEREST'
  /** The document is deleted; a new one of its name has to be begun expressly. */
  | 'DOCUMENT_DELETED'
  /** The copy here is damaged; it is fetched anew. */
  | 'DOCUMENT_DAMAGED'
  /** Nothing can be written now. */
  | 'NOT_STORED'
  | 'CLOSED';

export class ReplicaError extends Error {
  readonly code: ReplicaErrorCode;

  constructor(code: ReplicaErrorCode, message: string) {
    super(message);
    this.name = 'ReplicaError';
    this.code = code;
  }
}
