import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitUpdate } from './admit.ts';
import { normalizeRanges, type Ranges } from './delete-ranges.ts';
import { windowClocks } from './delete-windows.ts';
import { mergeUpdates } from './merge.ts';
import { compareSketch, sketchVersion, weighSketch } from './sketch.ts';
import { collected, content, craftUpdate } from './testing/craft-update.ts';
import { admitAll, unwrap } from './testing/log.ts';
import { writeUpdate } from './update-writer.ts';
import { coversVersion, equalVersions, type Version } from './version.ts';
import { encodeVersion } from './version-codec.ts';

/** A document of long texts, with deletes given as clocks times `spread`. */
interface Copy {
  readonly state: Uint8Array;
  readonly version: Version;
}

const clocks = 5 * windowClocks;
const clientCount = 2;

function copyOf(length: number, deletes: readonly Ranges[]): Copy {
  const texts = craftUpdate(
    Array.from({ length: clientCount }, (_, client) => ({
      client,
      structs: [{ content: content('x'.repeat(length)) }],
    })),
  );
  const sets = new Map(
    deletes.map((ranges, client) => [client, ranges] as const).filter(([, ranges]) => ranges.length > 0),
  );
  const { updates, version } = admitAll([texts, writeUpdate([], sets)]);
  return { state: mergeUpdates(updates), version };
}

/** Scattered small ranges, so many that no sketch is a full version, and now and then a long one. */
function scattered(length: number, step: number, long: readonly [number, number]): Ranges {
  const ranges = [];
  for (let clock = 0; clock + 1 < length; clock += step) ranges.push({ clock, length: 1 });
  const start = long[0] % length;
  ranges.push({ clock: start, length: Math.min(1 + long[1], length - start) });
  return normalizeRanges(ranges);
}

const lengths = fc.integer({ min: 3 * windowClocks, max: clocks });
const steps = fc.integer({ min: 6, max: 12 });
const longRanges = fc.tuple(fc.nat(clocks), fc.oneof(fc.nat(5), fc.nat(windowClocks)));
const extras = fc.array(fc.tuple(fc.nat(clientCount - 1), fc.nat(clocks)), { maxLength: 5 });

function withExtras(
  base: Ranges,
  client: number,
  chosen: readonly (readonly [number, number])[],
  length: number,
): Ranges {
  const mine = chosen
    .filter(([of]) => of === client)
    .map(([, clock]) => ({ clock: clock % length, length: 1 }));
  return normalizeRanges([...base, ...mine]);
}

describe('sketches of versions', () => {
  it('D21: a small version is sketched whole, and compared exactly', () => {
    const text = craftUpdate([{ client: 1, structs: [{ content: content('hello') }] }]);
    const more = admitAll([text, craftUpdate([], [[1, [1, 2]]])]);
    const less = admitAll([text]).version;
    const state = mergeUpdates(more.updates);
    expect(sketchVersion(less).subarray(1)).toEqual(encodeVersion(less));
    expect(unwrap(compareSketch(state, more.version, sketchVersion(less)))).toEqual({
      update: craftUpdate([], [[1, [1, 2]]]),
      theyKnowMore: false,
      exact: true,
    });
    expect(unwrap(compareSketch(text, less, sketchVersion(more.version)))).toEqual({
      update: null,
      theyKnowMore: true,
      exact: true,
    });
  });

  it('D21: equal copies have nothing to say to each other', () => {
    fc.assert(
      fc.property(lengths, steps, longRanges, (length, step, long) => {
        const copy = copyOf(length, [scattered(length, step, long), scattered(length, step + 1, long)]);
        const sketch = sketchVersion(copy.version);
        expect(sketch[0]).toBe(1);
        expect(unwrap(compareSketch(copy.state, copy.version, sketch))).toEqual({
          update: null,
          theyKnowMore: false,
          exact: true,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('D21: whatever differs, what both send makes the copies equal, and close to what was lacking', () => {
    fc.assert(
      fc.property(
        lengths,
        lengths,
        steps,
        longRanges,
        extras,
        extras,
        (lengthA, lengthB, step, long, moreA, moreB) => {
          const base = scattered(Math.min(lengthA, lengthB), step, long);
          const copies = [
            [lengthA, moreA],
            [lengthB, moreB],
          ] as const;
          const [a, b] = copies.map(([length, more]) =>
            copyOf(length, [withExtras(base, 0, more, length), withExtras(base, 1, more, length)]),
          ) as [Copy, Copy];
          const final: Version[] = [];
          for (const [mine, theirs] of [
            [a, b],
            [b, a],
          ] as const) {
            const comparison = unwrap(compareSketch(mine.state, mine.version, sketchVersion(theirs.version)));
            if (!coversVersion(mine.version, theirs.version)) expect(comparison.theyKnowMore).toBe(true);
            if (comparison.update === null) final.push(theirs.version);
            else {
              const admission = unwrap(admitUpdate(comparison.update, theirs.version));
              if (admission.kind === 'known') expect(comparison.exact).toBe(false);
              if (comparison.exact)
                expect(admission.kind === 'novel' && admission.update).toBe(comparison.update);
              final.push(admission.kind === 'novel' ? admission.version : theirs.version);
            }
          }
          const [endB, endA] = final as [Version, Version];
          expect(equalVersions(endA, endB)).toBe(true);
          expect(coversVersion(endA, a.version) && coversVersion(endA, b.version)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('D21: one deleted clock more costs the deletes of its window, not of the document', () => {
    const length = 60 * windowClocks;
    const base = scattered(length, 8, [0, 0]);
    const [more, less] = [withExtras(base, 0, [[0, 12_345]], length), base].map((ranges) =>
      copyOf(length, [ranges]),
    ) as [Copy, Copy];
    const sketch = sketchVersion(less.version);
    expect(sketch.byteLength).toBeLessThan(60 * 10 + 100);
    const comparison = unwrap(compareSketch(more.state, more.version, sketch));
    expect(comparison.exact).toBe(false);
    expect(comparison.update?.byteLength).toBeLessThan(2200);
  });

  it.each([
    ['part of a window', [4 * windowClocks + 5, 3]],
    ['a whole window', [4 * windowClocks, windowClocks]],
  ] as const)(
    'D21: %s where nothing is deleted here is theirs to send, and the other way round exact',
    (_what, extra) => {
      const base = scattered(3 * windowClocks, 6, [0, 0]);
      const more = normalizeRanges([...base, { clock: extra[0], length: extra[1] }]);
      const [mine, theirs] = [base, more].map((ranges) => copyOf(clocks, [ranges])) as [Copy, Copy];
      expect(unwrap(compareSketch(mine.state, mine.version, sketchVersion(theirs.version)))).toEqual({
        update: null,
        theyKnowMore: true,
        exact: true,
      });
      expect(unwrap(compareSketch(theirs.state, theirs.version, sketchVersion(mine.version)))).toEqual({
        update: craftUpdate([], [[0, extra]]),
        theyKnowMore: false,
        exact: true,
      });
    },
  );

  it('D21: clocks collected in the billions take a few bytes and no time', () => {
    const far = 2 ** 47;
    const forged = craftUpdate(
      Array.from({ length: 200 }, (_, client) => ({ client, structs: [collected(0, far + client)] })),
    );
    const copy = admitAll([forged]).version;
    const sketch = sketchVersion(copy);
    expect(sketch[0]).toBe(1);
    expect(sketch.byteLength).toBeLessThan(8000);
    expect(unwrap(compareSketch(forged, copy, sketch))).toMatchObject({ update: null, theyKnowMore: false });
  });

  it('D21: sketches do not change from release to release', () => {
    const version = copyOf(3 * windowClocks, [scattered(3 * windowClocks, 9, [0, 0])]).version;
    expect(Buffer.from(sketchVersion(version)).toString('hex')).toBe(
      '010200806003001ddb10d274162386008b89ff36cb40a649002a6e8e02d4d0eb8d01806000',
    );
  });

  it('D21: damaged sketches are refused or compared, never thrown at', () => {
    const copy = copyOf(clocks, [scattered(clocks, 7, [9000, 9000])]);
    const sketch = sketchVersion(copy.version);
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(), (changes, cut) => {
        const bytes = sketch.slice(0, cut % 3 === 0 ? cut % sketch.byteLength : sketch.byteLength);
        for (const [at, value] of changes) bytes[at % bytes.byteLength] = value;
        const comparison = compareSketch(copy.state, copy.version, bytes);
        if (!comparison.ok) expect(comparison.error.code).toBe('DECODE_FAILED');
      }),
      { numRuns: 1000 },
    );
    for (const hex of ['', '02', '0101000000', '0101010101000100', '01010181200100', '0100ff']) {
      expect(compareSketch(copy.state, copy.version, Buffer.from(hex, 'hex')).ok).toBe(false);
    }
  });

  it('D21: of equal copies, however long, nothing is left to compare but windows that are deleted throughout', () => {
    const { version } = copyOf(clocks, [scattered(clocks, 6, [0, 0]), scattered(clocks, 7, [0, 0])]);
    expect(unwrap(weighSketch(version, sketchVersion(version)))).toMatchObject({
      isBehind: false,
      deleteRanges: 0,
    });
  });

  it('D21: what a comparison costs is told before it is made: whether structs are lacking, and how many deletes at most', () => {
    fc.assert(
      fc.property(lengths, lengths, steps, longRanges, extras, (length, other, step, long, chosen) => {
        const base = scattered(Math.min(length, other), step, long);
        const of = (size: number, more: typeof chosen): Copy =>
          copyOf(
            size,
            Array.from({ length: clientCount }, (_, client) =>
              withExtras(base, client, more, Math.min(length, other)),
            ),
          );
        const [mine, theirs] = [of(length, chosen), of(other, [])];
        const sketch = sketchVersion(theirs.version);
        const weight = unwrap(weighSketch(mine.version, sketch));
        expect(weight.stateVector).toEqual(theirs.version.stateVector);
        expect(weight.isBehind).toBe(other < length);
        const { update } = unwrap(compareSketch(mine.state, mine.version, sketch));
        const lacking = unwrap(admitUpdate(update ?? writeUpdate([], new Map()), mine.version));
        expect(lacking.kind).toBe('known');
        if (weight.isBehind || update === null) return;
        const told = unwrap(admitUpdate(update, { ...theirs.version, deleteSet: new Map() }));
        if (told.kind !== 'novel') throw new Error('nothing in it');
        const ranges = [...told.version.deleteSet.values()].reduce(
          (sum, deleted) => sum + [...deleted].length,
          0,
        );
        expect(weight.deleteRanges).toBeGreaterThanOrEqual(ranges);
      }),
      { numRuns: 30 },
    );
  });
});
