import type { ReplicaId } from '@hearsay/core';

/** The first message of both ends. Later versions may only append to it, so that every version can refuse every other. */
export interface HelloMessage {
  readonly type: 'hello';
  /** The highest version of the protocol that is spoken. */
  readonly version: number;
  /** The lowest. */
  readonly oldestVersion: number;
  readonly cluster: string;
  readonly replicaId: ReplicaId;
  readonly incarnation: number;
  /** 32 random bits drawn at the start of the process: two processes with one identity differ in it. */
  readonly session: number;
  /** Drawn for this link, 16 bytes in hexadecimal: the other end's proof must hold it. */
  readonly nonce: string;
  /** Where the node can be dialled, best first; empty when it only dials out. */
  readonly addresses: readonly string[];
  /** Configured; empty when not. */
  readonly region: string;
  /** What it can do beyond the protocol version; unknown ones are ignored. */
  readonly capabilities: readonly string[];
}

/** Shows that the sender holds the cluster secret and saw the receiver's nonce. */
export interface ProofMessage {
  readonly type: 'proof';
  readonly token: string;
}

export type HandshakeMessage = HelloMessage | ProofMessage;
