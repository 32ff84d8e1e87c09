import type { DecodeError, Digest, Life, Result } from '@hearsay/core';

/** Next expected clock of every client: all structs (client, clock < value) are known. */
export type StateVector = ReadonlyMap<number, number>;

/** Deleted clocks [clock, clock + length). */
export interface DeleteRange {
  readonly clock: number;
  readonly length: number;
}

/** Deleted ranges of every client: ascending, disjoint, never adjacent; no client with an empty list. */
export type DeleteSet = ReadonlyMap<number, readonly DeleteRange[]>;

/** The exact set of inserts and deletes that a replica knows of one document. Never mutated once handed out. */
export interface Version {
  readonly stateVector: StateVector;
  readonly deleteSet: DeleteSet;
}

export const emptyVersion: Version = { stateVector: new Map(), deleteSet: new Map() };

/** Canonical bytes: client ids ascending, ranges merged and ascending. Equal versions give equal bytes. */
export declare function encodeVersion(version: Version): Uint8Array;
/** Refuses anything but canonical bytes within `limits`. */
export declare function decodeVersion(bytes: Uint8Array): Result<Version, DecodeError>;
/** The union of both. */
export declare function mergeVersions(a: Version, b: Version): Version;
/** Whether `a` knows everything that `b` knows. */
export declare function coversVersion(a: Version, b: Version): boolean;
export declare function equalVersions(a: Version, b: Version): boolean;
/** SHA-256 over the canonical bytes, with a domain string and the life; first 16 bytes. */
export declare function versionDigest(version: Version, life: Life): Digest;
/** lib0 form of a state vector, as y-protocols' sync step 1 carries it (descending client ids). */
export declare function encodeStateVector(stateVector: StateVector): Uint8Array;
/** Refuses malformed bytes and more than `maxEntries` clients. */
export declare function decodeStateVector(
  bytes: Uint8Array,
  maxEntries: number,
): Result<StateVector, DecodeError>;
