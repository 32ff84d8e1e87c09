import { createRandom, type Random } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { admitUpdate } from './admit.ts';
import { compactUpdates } from './compact.ts';
import { documentJson } from './json.ts';
import { mergeUpdates } from './merge.ts';
import { admitAll } from './testing/log.ts';
import { edits, playEdits } from './testing/random-edits.ts';
import { coversVersion, equalVersions, type Version } from './version.ts';

/** Flips, cuts, inserts and splices, as a broken proxy or a fuzzer would. */
function mutate(update: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = Buffer.from(update);
  for (let rest = 1 + random.below(3); rest > 0; rest--) {
    const at = random.below(bytes.byteLength + 1);
    const before = bytes.subarray(0, at);
    const after = bytes.subarray(at);
    switch (random.below(6)) {
      case 0:
        bytes = before;
        break;
      case 1:
        bytes = Buffer.concat([before, random.bytes(1), after]);
        break;
      case 2:
        bytes = Buffer.concat([before, after.subarray(1)]);
        break;
      case 3:
        bytes = Buffer.concat([before, Uint8Array.of(random.below(4)), after.subarray(1)]);
        break;
      case 4:
        bytes = Buffer.concat([
          before,
          Uint8Array.of((after[0] ?? 0) ^ (1 << random.below(8))),
          after.subarray(1),
        ]);
        break;
      default: {
        const other = random.pick(others) ?? update;
        const from = random.below(other.byteLength);
        const part = other.subarray(from, from + 1 + random.below(8));
        bytes = Buffer.concat([before, part, after.subarray(part.byteLength)]);
      }
    }
  }
  return new Uint8Array(bytes);
}

/** A client that knows what was known, after it has been sent what was admitted. */
function expectTaken(base: Uint8Array, update: Uint8Array, version: Version): void {
  const document = new Y.Doc();
  Y.applyUpdate(document, base);
  Y.applyUpdate(document, update);
  expect(document.store.pendingStructs).toBe(null);
  expect(document.store.pendingDs).toBe(null);
  const shown = admitAll([Y.encodeStateAsUpdate(document)]).version;
  expect(coversVersion(shown, version)).toBe(true);
  expect(new Map(shown.stateVector)).toEqual(new Map(version.stateVector));
}

describe('hostile bytes', () => {
  it('D9: what is admitted, Yjs takes whole: no throw, nothing pending, the version that was promised', () => {
    let novel = 0;
    fc.assert(
      fc.property(edits, fc.boolean(), fc.nat(), fc.nat(), (script, gc, seed, cut) => {
        const random = createRandom(`mutate ${seed}`);
        const { updates } = playEdits(script, gc);
        if (updates.length === 0) return;
        const middle = cut % updates.length;
        const known = admitAll(updates.slice(0, middle));
        const base = mergeUpdates(known.updates);
        for (let i = 0; i < 40; i++) {
          const whole = random.chance(0.2) ? mergeUpdates(updates) : updates[middle + random.below(2)];
          const admission = admitUpdate(mutate(whole ?? base, updates, random), known.version);
          if (!admission.ok || admission.value.kind === 'known') continue;
          novel++;
          expectTaken(base, admission.value.update, admission.value.version);
          const again = admitUpdate(admission.value.update, known.version);
          expect(again.ok && again.value.kind === 'novel' && again.value.update).toBe(admission.value.update);
        }
      }),
      { numRuns: 300 },
    );
    // Else the property would hold for want of cases.
    expect(novel).toBeGreaterThan(100);
  });

  it('D9: what is admitted can be compacted and read, and both agree with the version', () => {
    fc.assert(
      fc.property(edits, fc.nat(), (script, seed) => {
        const random = createRandom(`mutate ${seed}`);
        const { updates } = playEdits(script, true);
        const known = admitAll(updates);
        for (let i = 0; i < 40; i++) {
          const admission = admitUpdate(mutate(mergeUpdates(updates), updates, random), known.version);
          if (!admission.ok || admission.value.kind === 'known') continue;
          const log = [...known.updates, admission.value.update];
          const { state, version, implied } = compactUpdates(log);
          expect(coversVersion(version, admission.value.version)).toBe(true);
          expect(equalVersions(admitAll(implied === null ? log : [...log, implied]).version, version)).toBe(
            true,
          );
          expect(Object.keys(documentJson([state]))).toEqual(Object.keys(documentJson(log)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('D9: any bytes at all are refused or admitted, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64, size: 'max' }), (bytes) => {
        expect(typeof admitUpdate(bytes, { stateVector: new Map(), deleteSet: new Map() }).ok).toBe(
          'boolean',
        );
      }),
      { numRuns: 20_000 },
    );
  });
});
