import { createRandom } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { compactUpdates, contentHash } from './compact.ts';
import { documentJson } from './json.ts';
import { mergeUpdates } from './merge.ts';
import { admitAll, type Log } from './testing/log.ts';
import { edits, exchangeAll, jsonOfClient, playEdits, withoutEmpty } from './testing/random-edits.ts';
import { coversVersion, equalVersions } from './version.ts';
import { versionDigest } from './version-codec.ts';

/** The same updates as they reach another replica: in any order, some twice, some merged with others. */
function disturbed(updates: readonly Uint8Array[], seed: number): Uint8Array[] {
  const random = createRandom(`disturb ${seed}`);
  const twice = updates.filter(() => random.chance(0.3));
  const shuffled = random.shuffled([...updates, ...twice]);
  const groups: Uint8Array[] = [];
  for (let i = 0; i < shuffled.length; ) {
    const size = 1 + random.below(4);
    const group = shuffled.slice(i, i + size);
    groups.push(random.chance(0.5) ? mergeUpdates(group) : Y.mergeUpdates(group));
    i += size;
  }
  // A group can hold both ends of a gap whose middle is in it too; the single updates bridge it.
  return [...groups, ...updates];
}

function expectSame(a: Log, b: Log): void {
  expect(equalVersions(a.version, b.version)).toBe(true);
  expect(versionDigest(a.version, 3)).toBe(versionDigest(b.version, 3));
  expect(documentJson(a.updates)).toEqual(documentJson(b.updates));
}

describe('convergence', () => {
  it('D17: any order, duplication, regrouping and merging gives the same version, digest and JSON', () => {
    fc.assert(
      fc.property(edits, fc.boolean(), fc.nat(), (script, gc, seed) => {
        const { updates } = playEdits(script, gc);
        const straight = admitAll(updates);
        const other = admitAll(disturbed(updates, seed));
        expectSame(straight, other);
        const merged = mergeUpdates(other.updates);
        expectSame(straight, { version: straight.version, updates: [merged] });
        expect(equalVersions(admitAll([merged]).version, straight.version)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('D17: compaction, of whatever was merged before, gives one version, JSON and content hash', () => {
    fc.assert(
      fc.property(edits, fc.boolean(), fc.nat(), fc.nat(), (script, gc, seed, cut) => {
        const { updates } = playEdits(script, gc);
        const other = admitAll(disturbed(updates, seed)).updates;
        // One replica compacts once at the end, the other half-way too.
        const middle = cut % (updates.length + 1);
        const once = compactUpdates(other);
        const halfway = compactUpdates(updates.slice(0, middle));
        const twice = compactUpdates([halfway.state, ...updates.slice(middle)]);
        expect(equalVersions(once.version, twice.version)).toBe(true);
        expect(contentHash([once.state])).toBe(contentHash(updates));
        expect(contentHash([twice.state])).toBe(contentHash(updates));
        expect(documentJson([twice.state])).toEqual(documentJson(updates));
      }),
      { numRuns: 100 },
    );
  });

  it('D17: after exchange, replicas and stores know and show the same, implied deletes included', () => {
    fc.assert(
      fc.property(edits, fc.boolean(), (script, gc) => {
        const { replicas, updates } = playEdits(script, gc);
        exchangeAll(replicas);
        const [first, second] = replicas.map((replica) => Y.encodeStateAsUpdate(replica)) as [
          Uint8Array,
          Uint8Array,
        ];
        const said = admitAll([...updates, first, second]);
        expect(coversVersion(said.version, compactUpdates(updates).version)).toBe(true);
        const compacted = compactUpdates(said.updates);
        expect(
          equalVersions(admitAll([compacted.implied ?? first], said.version).version, compacted.version),
        ).toBe(true);
        const client = new Y.Doc();
        Y.applyUpdate(client, compacted.state);
        expect(withoutEmpty(documentJson(said.updates))).toEqual(jsonOfClient(client));
      }),
      { numRuns: 100 },
    );
  });
});
