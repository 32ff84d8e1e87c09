import { describe, expect, it } from 'vitest';
import { admitUpdate } from './admit.ts';
import { differenceOfLog } from './log-difference.ts';
import { sketchVersion } from './sketch.ts';
import { content, craftUpdate } from './testing/craft-update.ts';
import { admitAll, unwrap } from './testing/log.ts';
import { coversVersion, emptyVersion, equalVersions, type StateVector, type Version } from './version.ts';

/** Texts of two clients in turns, each of which builds on the other's before, and half of which is deleted. */
const log: readonly Uint8Array[] = Array.from({ length: 400 }, (_, turn) => {
  const client = 1 + (turn % 2);
  const clock = 10 * Math.floor(turn / 2);
  const origin = turn === 0 ? undefined : ([3 - client, client === 1 ? clock - 1 : clock + 9] as const);
  const struct = { content: content('0123456789'), ...(origin && { origin }) };
  return craftUpdate([{ client, clock, structs: [struct] }], [[client, [clock + 2, 3], [clock + 7, 1]]]);
});
const all = admitAll(log);

function taking(version: Version, pieces: readonly Uint8Array[]): Version {
  let known = version;
  for (const piece of pieces) {
    const admission = unwrap(admitUpdate(piece, known));
    if (admission.kind === 'novel') known = admission.version;
  }
  return known;
}

function reaches(theirs: StateVector, ends: StateVector): boolean {
  return [...ends].every(([client, clock]) => (theirs.get(client) ?? 0) >= clock);
}

describe('the difference of a log and a copy of which a peer tells', () => {
  it('D18: from nothing or from a part, its pieces bring the peer as far as the log, and an equal copy gets none', () => {
    for (const had of [[], log.slice(0, 111)]) {
      const before = admitAll(had).version;
      const sketch = had.length === 0 ? null : sketchVersion(before);
      const { pieces, theyKnowMore } = unwrap(differenceOfLog(log, sketch, 500));
      expect([pieces.length > 10, theyKnowMore]).toEqual([true, false]);
      const version = taking(
        before,
        pieces.map(({ update }) => update),
      );
      expect(equalVersions(version, all.version)).toBe(true);
    }
    expect(unwrap(differenceOfLog(log, sketchVersion(all.version), 500)).pieces).toEqual([]);
    const less = unwrap(differenceOfLog(log.slice(0, 100), sketchVersion(all.version), 500));
    expect(less.theyKnowMore).toBe(true);
    expect(differenceOfLog(log, Uint8Array.of(7), 500)).toMatchObject({ ok: false });
  });

  it('D20: wherever a peer is, the first piece that it is not as far as, and those after it, are all that it lacks', () => {
    const { pieces } = unwrap(differenceOfLog(log, null, 500));
    for (let taken = 0; taken <= pieces.length; taken++) {
      const version = taking(
        emptyVersion,
        pieces.slice(0, taken).map(({ update }) => update),
      );
      const first = pieces.findIndex(({ ends }) => !reaches(version.stateVector, ends));
      // What comes last may be deletes alone.
      expect(first).toBe(pieces.findIndex(({ ends }, at) => at >= taken && ends.size > 0));
    }
    // Also one that has come by it in another way.
    const elsewhere = admitAll(log.slice(0, 257)).version;
    const first = pieces.findIndex(({ ends }) => !reaches(elsewhere.stateVector, ends));
    expect(first).toBeGreaterThan(3);
    const version = taking(
      elsewhere,
      pieces.slice(first).map(({ update }) => update),
    );
    expect(coversVersion(version, all.version)).toBe(true);
  });

  it('D20: deletes come with what they delete', () => {
    const { pieces } = unwrap(differenceOfLog(log, null, 500));
    let version = emptyVersion;
    for (const { update } of pieces.slice(0, -1)) {
      version = taking(version, [update]);
      for (const [client, clock] of version.stateVector) {
        const due = [...(all.version.deleteSet.get(client)?.before(clock) ?? [])].length;
        // A piece may be full between a struct and what of it is deleted.
        expect(due - [...(version.deleteSet.get(client) ?? [])].length).toBeLessThanOrEqual(2);
      }
    }
  });
});
