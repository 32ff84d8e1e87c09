import type { Ranges } from './delete-ranges.ts';
import type { DeletedClocks } from './deleted-clocks.ts';
import { withEntries } from './shared-map.ts';

/** Next expected clock of every client: all structs (client, clock < value) are known. */
export type StateVector = ReadonlyMap<number, number>;

/** Deleted clocks of every client that has any. */
export type DeleteSet = ReadonlyMap<number, DeletedClocks>;

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
  for (const [client, deleted] of b.deleteSet) {
    const known = a.deleteSet.get(client);
    if (known === undefined || deleted.minus(known).length > 0) return false;
  }
  return true;
}

export function equalVersions(a: Version, b: Version): boolean {
  if (a === b) return true;
  if (a.stateVector.size !== b.stateVector.size || a.deleteSet.size !== b.deleteSet.size) return false;
  for (const [client, clock] of a.stateVector) {
    if (b.stateVector.get(client) !== clock) return false;
  }
  for (const [client, deleted] of a.deleteSet) {
    const others = b.deleteSet.get(client);
    if (others === undefined || !deleted.equals(others)) return false;
  }
  return true;
}

/** What of `a` is not in `b`. */
export function subtractDeleteSets(a: DeleteSet, b: DeleteSet): Map<number, Ranges> {
  const left = new Map<number, Ranges>();
  for (const [client, deleted] of a) {
    const known = b.get(client);
    const rest = known === undefined ? deleted.toRanges() : deleted.minus(known);
    if (rest.length > 0) left.set(client, rest);
  }
  return left;
}

function mergeDeleteSets(a: DeleteSet, b: DeleteSet): DeleteSet {
  const merged: [number, DeletedClocks][] = [];
  for (const [client, deleted] of b) {
    const known = a.get(client);
    const union = known === undefined ? deleted : known.union(deleted);
    if (union !== known) merged.push([client, union]);
  }
  return withEntries(a, merged);
}
