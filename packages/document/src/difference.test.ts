import { createRandom } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { admitUpdate } from './admit.ts';
import { updateForStateVector, updateSince } from './difference.ts';
import { mergeUpdates } from './merge.ts';
import { collected, content, craftUpdate } from './testing/craft-update.ts';
import { admitAll, type Log, unwrap } from './testing/log.ts';
import { edits, jsonOfClient, playEdits } from './testing/random-edits.ts';
import { coversVersion, emptyVersion, equalVersions, mergeVersions, type Version } from './version.ts';

/** Two replicas, each of which has heard a causal part of one history. */
function twoReplicas(updates: readonly Uint8Array[], seed: number): [Log, Log] {
  const random = createRandom(`part ${seed}`);
  const part = (): Log => {
    const heard = updates.slice(0, random.below(updates.length + 1));
    const more = updates.slice(heard.length).filter(() => random.chance(0.4));
    const base = admitAll(heard);
    let version = base.version;
    const log = [...base.updates];
    // Of what comes later only that which lacks nothing.
    for (const update of more) {
      const admission = admitUpdate(update, version);
      if (!admission.ok || admission.value.kind === 'known') continue;
      version = admission.value.version;
      log.push(admission.value.update);
    }
    return { version, updates: log };
  };
  return [part(), part()];
}

const histories = fc.tuple(edits, fc.boolean(), fc.nat());

function sizeOf(version: Version): number {
  let size = 0;
  for (const clock of version.stateVector.values()) size += clock;
  for (const ranges of version.deleteSet.values()) for (const { length } of ranges) size += length;
  return size;
}

describe('difference of two copies', () => {
  it('D18: applied, it makes them equal; it says nothing that was known; between equals it is nothing', () => {
    fc.assert(
      fc.property(histories, ([script, gc, seed]) => {
        const [a, b] = twoReplicas(playEdits(script, gc).updates, seed);
        const [stateA, stateB] = [mergeUpdates(a.updates), mergeUpdates(b.updates)];
        const [toB, toA] = [updateSince(stateA, b.version), updateSince(stateB, a.version)];
        const both = mergeVersions(a.version, b.version);
        for (const [mine, difference] of [
          [a.version, toA],
          [b.version, toB],
        ] as const) {
          if (difference === null) expect(equalVersions(mine, both)).toBe(true);
          else {
            const admission = unwrap(admitUpdate(difference, mine));
            // Unchanged by admission: all of it was lacking.
            expect(admission.kind === 'novel' && admission.update).toBe(difference);
            expect(admission.kind === 'novel' && equalVersions(admission.version, both)).toBe(true);
          }
        }
        expect(updateSince(stateA, a.version)).toBe(null);
        expect(updateSince(stateA, both)).toBe(null);
        if (sizeOf(a.version) > 0) expect(updateSince(stateA, emptyVersion)).not.toBe(null);
      }),
      { numRuns: 300 },
    );
  });

  it('D18: one character costs its struct alone, however much was deleted before', () => {
    const document = new Y.Doc();
    const updates: Uint8Array[] = [];
    document.on('update', (update: Uint8Array) => updates.push(update));
    const text = document.getText('text');
    for (let i = 0; i < 1000; i++) {
      text.insert(0, 'word');
      text.delete(1, 1);
    }
    const { version } = admitAll(updates);
    text.insert(7, 'x');
    const difference = updateSince(mergeUpdates(updates), version);
    expect(difference?.byteLength).toBeLessThan(40);
    // Stock Yjs sends its whole delete set along.
    const stock = Y.encodeStateAsUpdate(
      document,
      Y.encodeStateVector(version.stateVector as Map<number, number>),
    );
    expect(stock.byteLength).toBeGreaterThan(2000);
  });

  it('D18: a deletion that came without a new struct is found', () => {
    const text = craftUpdate([{ client: 1, structs: [{ content: content('hello') }] }]);
    const deleted = mergeUpdates([text, craftUpdate([], [[1, [1, 2]]])]);
    expect(updateSince(deleted, admitAll([text]).version)).toEqual(craftUpdate([], [[1, [1, 2]]]));
  });

  it('D18: what is collected here and alive there is a difference, also where no delete set says so', () => {
    const alive = craftUpdate([{ client: 1, structs: [{ content: content('hello') }] }]);
    const gone = craftUpdate([{ client: 1, structs: [collected(0, 3), { kind: 1, content: content(2) }] }]);
    expect(updateSince(gone, admitAll([alive]).version)).toEqual(craftUpdate([], [[1, [0, 5]]]));
    expect(updateSince(gone, admitAll([gone]).version)).toBe(null);
  });

  it('D19: a stock client gets the structs after its state vector and every delete', () => {
    fc.assert(
      fc.property(histories, ([script, gc, seed]) => {
        const [a, b] = twoReplicas(playEdits(script, gc).updates, seed);
        const state = mergeUpdates(a.updates);
        const client = new Y.Doc();
        Y.applyUpdate(client, mergeUpdates(b.updates));
        Y.applyUpdate(client, updateForStateVector(state, b.version.stateVector));
        expect(client.store.pendingStructs).toBe(null);
        const has = admitAll([Y.encodeStateAsUpdate(client)]).version;
        expect(coversVersion(has, mergeVersions(a.version, b.version))).toBe(true);
        const reference = new Y.Doc();
        Y.applyUpdate(reference, mergeUpdates([...a.updates, ...b.updates]));
        expect(jsonOfClient(client)).toEqual(jsonOfClient(reference));
      }),
    );
  });

  it('D18: a state with a gap is no state', () => {
    const parts = [0, 2].map((clock) =>
      craftUpdate([{ client: 1, clock, structs: [{ rightOrigin: [2, 0] }] }]),
    );
    expect(() => updateSince(mergeUpdates(parts), emptyVersion)).toThrow(RangeError);
  });
});
