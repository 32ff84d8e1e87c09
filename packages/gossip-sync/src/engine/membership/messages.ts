import type { ReplicaId } from '@hearsay/core';

/** `dead` was given up by others, `left` went on its own account. */
export type MemberStatus = 'alive' | 'suspect' | 'dead' | 'left';

/**
 * `dial-only`: cannot be dialled (behind NAT, in a browser); it dials others. `slow`: gets too little processor time to answer
 * probes in time. Unknown ones are passed on.
 */
export type Capability = 'dial-only' | 'slow' | (string & {});

/** What a member tells about itself. */
export interface MemberDescription {
  /** Where it can be dialled, best first; empty for `dial-only`. */
  readonly addresses: readonly string[];
  /** Configured; empty when not. */
  readonly region: string;
  readonly capabilities: readonly Capability[];
}

/** Which claim about a member is newer: by start of its store, then by what it said since. */
export interface MemberVersion {
  /** Raised on disk at every start, so a start outranks all refutations before it. */
  readonly incarnation: number;
  /** Raised by each refutation and each change of description; 0 at the start. */
  readonly revision: number;
}

/** One piece of news about a member; the unit of membership gossip. */
export interface MemberClaim extends MemberVersion {
  readonly replicaId: ReplicaId;
  /** 32 random bits drawn at the start: two processes with one identity differ in it. */
  readonly session: number;
  readonly status: MemberStatus;
  /** Who suspects it or gave it up; null when it speaks for itself. */
  readonly by: ReplicaId | null;
  /** Always in whole lists and in `alive` claims, else null. */
  readonly description: MemberDescription | null;
}

/** Are you there? Answered by an `ack` with the same sequence. */
export interface PingMessage {
  readonly type: 'ping';
  readonly sequence: number;
  readonly claims: readonly MemberClaim[];
}

export interface AckMessage {
  readonly type: 'ack';
  readonly sequence: number;
  readonly claims: readonly MemberClaim[];
}

/** Asks a third node to ping `target`: it passes the `ack` on, or says `nack`. */
export interface PingRequestMessage {
  readonly type: 'pingRequest';
  readonly sequence: number;
  readonly target: ReplicaId;
  readonly claims: readonly MemberClaim[];
}

/** The relay is well, the target has not answered it in time or is not linked to it (Lifeguard). */
export interface NackMessage {
  readonly type: 'nack';
  readonly sequence: number;
}

/** News between probes. */
export interface MembershipGossipMessage {
  readonly type: 'gossip';
  readonly claims: readonly MemberClaim[];
}

/** Digest over the whole list (16 bytes, hexadecimal): an equal list ends the exchange here. */
export interface CompareMessage {
  readonly type: 'compare';
  readonly digest: string;
}

/** The list differs: digests over its {@link listParts} parts (16 bytes, hexadecimal), to see where. */
export interface ComparePartsMessage {
  readonly type: 'compareParts';
  readonly digests: readonly string[];
}

/** So many parts of about equal size a list is compared by. */
export const listParts = 64;

/** Some parts of the list of members, the dead that are remembered included. */
export interface ExchangeMessage {
  readonly type: 'exchange';
  /** Numbers of the parts. */
  readonly parts: readonly number[];
  readonly claims: readonly MemberClaim[];
  /** Asks for the same parts of the other's list in return. */
  readonly reply: boolean;
}

export type MembershipMessage =
  | PingMessage
  | AckMessage
  | PingRequestMessage
  | NackMessage
  | MembershipGossipMessage
  | CompareMessage
  | ComparePartsMessage
  | ExchangeMessage;
