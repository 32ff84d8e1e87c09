import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import {
  admitUpdate,
  compactUpdates,
  compareSketch,
  contentHash,
  coversVersion,
  documentJson,
  emptyVersion,
  equalVersions,
  mergeUpdates,
  sketchVersion,
  splitUpdate,
  updateForStateVector,
  updateSince,
  type Version,
  versionDigest,
  versionOfUpdate,
} from './index.ts';
import { edits, exchangeAll, jsonOfClient, playEdits, withoutEmpty } from './testing/random-edits.ts';

function admitAll(
  updates: readonly Uint8Array[],
  from = emptyVersion,
): { version: Version; log: Uint8Array[] } {
  let version = from;
  const log: Uint8Array[] = [];
  let waiting = [...updates];
  while (waiting.length > 0) {
    const later: Uint8Array[] = [];
    for (const u of waiting) {
      const r = admitUpdate(u, version);
      if (!r.ok) {
        if (!r.error.retry) throw new Error(r.error.message);
        later.push(u);
        continue;
      }
      if (r.value.kind === 'novel') {
        version = r.value.version;
        log.push(r.value.update);
      }
    }
    if (later.length === waiting.length) throw new Error('stuck');
    waiting = later;
  }
  return { version, log };
}
const unwrap = <T>(r: { ok: true; value: T } | { ok: false; error: { message: string } }): T => {
  if (!r.ok) throw new Error(r.error.message);
  return r.value;
};

test('order, dup, regroup', () => {
  fc.assert(
    fc.property(edits, fc.boolean(), fc.infiniteStream(fc.nat(1 << 30)), (script, gc, rnd) => {
      const next = () => rnd.next().value as number;
      const { updates, replicas } = playEdits(script, gc);
      const straight = admitAll(updates);
      const shuffled = [...updates, ...updates.filter(() => next() % 3 === 0)]
        .map((u) => [next(), u] as const)
        .sort((a, b) => a[0] - b[0])
        .map((x) => x[1]);
      const groups: Uint8Array[] = [];
      for (let i = 0; i < shuffled.length; ) {
        const n = 1 + (next() % 4);
        groups.push(mergeUpdates(shuffled.slice(i, i + n)));
        i += n;
      }
      const mixed = admitAll(groups.concat(updates));
      expect(equalVersions(straight.version, mixed.version)).toBe(true);
      expect(versionDigest(straight.version, 1)).toBe(versionDigest(mixed.version, 1));
      const m = mergeUpdates(mixed.log);
      expect(equalVersions(unwrap(versionOfUpdate(m)), straight.version)).toBe(true);
      const c1 = compactUpdates(updates),
        c2 = compactUpdates(mixed.log),
        c3 = compactUpdates([m]);
      expect(equalVersions(c1.version, c2.version)).toBe(true);
      expect(equalVersions(c1.version, c3.version)).toBe(true);
      expect(documentJson(updates)).toEqual(documentJson(mixed.log));
      expect(documentJson([c1.state])).toEqual(documentJson(mixed.log));
      expect(contentHash([c1.state])).toEqual(contentHash(mixed.log));
      exchangeAll(replicas);
      const full = Y.encodeStateAsUpdate(replicas[0] as Y.Doc);
      const all = admitAll([...updates, full]);
      expect(coversVersion(all.version, c1.version)).toBe(true);
      const client = new Y.Doc();
      Y.applyUpdate(client, full);
      const mine = documentJson([full]);
      const theirs = jsonOfClient(client);
      expect(withoutEmpty(mine)).toEqual(theirs);
      // split
      for (const max of [40, 100, 1000]) {
        const pieces = splitUpdate(m, max);
        let v = emptyVersion;
        for (const p of pieces) {
          const r = unwrap(admitUpdate(p, v));
          if (r.kind === 'novel') {
            v = r.version;
          }
        }
        expect(equalVersions(v, straight.version)).toBe(true);
      }
      // difference
      const a = admitAll(updates.filter(() => true).slice(0, next() % (updates.length + 1)));
      const stateA = mergeUpdates(a.log);
      const diff = updateSince(m, a.version);
      expect(updateSince(stateA, straight.version)).toBe(null);
      if (equalVersions(a.version, straight.version)) expect(diff).toBe(null);
      else {
        const r = unwrap(admitUpdate(diff as Uint8Array, a.version));
        expect(r.kind === 'novel' && equalVersions(r.version, straight.version)).toBe(true);
        expect(r.kind === 'novel' && r.update).toBe(diff);
      }
      const doc = new Y.Doc();
      if (a.log.length) Y.applyUpdate(doc, stateA);
      Y.applyUpdate(doc, updateForStateVector(m, a.version.stateVector));
      const doc2 = new Y.Doc();
      Y.applyUpdate(doc2, m);
      expect(jsonOfClient(doc)).toEqual(jsonOfClient(doc2));
      // sketch
      const cmp = unwrap(compareSketch(m, straight.version, sketchVersion(a.version)));
      expect(cmp.exact).toBe(true);
      expect(cmp.theyKnowMore).toBe(false);
      expect(cmp.update).toEqual(diff);
    }),
    { numRuns: 1000 },
  );
}, 300000);
