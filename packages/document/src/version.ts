import { equalRanges, subtractRanges, unionRanges } from './delete-ranges.ts';
import { withEntries } from './shared-map.ts';

/** Next expected clock of every client: all structs (client, clock < value) are known. */
export type StateVector = ReadonlyMap<number, number>;

/** Deleted clocks [clock, clock + length). */
export interface DeleteRange {
  readonly clock: number;
  readonly length: number;
}

/** Deleted ranges of every client: ascending, disjoint, never adjacent; no client with an empty list. */
export type DeleteSet = ReadonlyMap<number, readonly DeleteRange[]>;

/**
 * The exact set of inserts and deletes that a replica knows of one document. Never mutated once handed out; its maps
 * may share structure with older versions, so they are `ReadonlyMap`s but not always `Map`s: send
 * {@link encodeVersion} bytes, not the object, to another thread.
 */
export interface Version {
  readonly stateVector: StateVector;
  readonly deleteSet: DeleteSet;
}

/** The version of a document nobody has written to. */
export const emptyVersion: Version = { stateVector: new Map(), deleteSet: new Map() };

/** The union of both. */
export function mergeVersions(a: Version, b: Version): Version {
  if (a.stateVector.size < b.stateVector.size) return mergeVersions(b, a);
  const clocks: [number, number][] = [];
  for (const [client, clock] of b.stateVector) {
    if (clock > (a.stateVector.get(client) ?? 0)) clocks.push([client, clock]);
  }
  return {
    stateVector: withEntries(a.stateVector, clocks),
    deleteSet: mergeDeleteSets(a.deleteSet, b.deleteSet),
  };
}

/** Whether `a` knows everything that `b` knows. */
export function coversVersion(a: Version, b: Version): boolean {
  if (a === b) return true;
  for (const [client, clock] of b.stateVector) {
    if (clock > (a.stateVector.get(client) ?? 0)) return false;
  }
  for (const [client, ranges] of b.deleteSet) {
    const known = a.deleteSet.get(client);
    if (known === ranges) continue;
    if (known === undefined || subtractRanges(ranges, known).length > 0) return false;
  }
  return true;
}

export function equalVersions(a: Version, b: Version): boolean {
  if (a === b) return true;
  if (a.stateVector.size !== b.stateVector.size || a.deleteSet.size !== b.deleteSet.size) return false;
  for (const [client, clock] of a.stateVector) {
    if (b.stateVector.get(client) !== clock) return false;
  }
  for (const [client, ranges] of a.deleteSet) {
    const others = b.deleteSet.get(client);
    if (others === undefined || !equalRanges(ranges, others)) return false;
  }
  return true;
}

/** The union of both. */
function mergeDeleteSets(a: DeleteSet, b: DeleteSet): DeleteSet {
  const merged: [number, readonly DeleteRange[]][] = [];
  for (const [client, ranges] of b) {
    const known = a.get(client);
    const union = known === undefined ? ranges : unionRanges(known, ranges);
    if (union !== known) merged.push([client, union]);
  }
  return withEntries(a, merged);
}

/** What of `a` is not in `b`. */
export function subtractDeleteSets(a: DeleteSet, b: DeleteSet): Map<number, readonly DeleteRange[]> {
  const left = new Map<number, readonly DeleteRange[]>();
  for (const [client, ranges] of a) {
    const known = b.get(client);
    if (known === ranges) continue;
    const rest = known === undefined ? ranges : subtractRanges(ranges, known);
    if (rest.length > 0) left.set(client, rest);
  }
  return left;
}
