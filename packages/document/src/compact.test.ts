import { limits } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { versionOfUpdate } from './admit.ts';
import { compactUpdates, contentHash } from './compact.ts';
import { countItems } from './count-items.ts';
import { MaterializeError } from './materialize.ts';
import { mergeUpdates } from './merge.ts';
import { content, craftUpdate } from './testing/craft-update.ts';
import { admitAll, unwrap, verdict } from './testing/log.ts';
import { edits, playEdits } from './testing/random-edits.ts';
import { coversVersion, equalVersions } from './version.ts';

describe('compaction', () => {
  it('D22: knows what the log said and the implied deletes, no more and no less', () => {
    fc.assert(
      fc.property(edits, fc.boolean(), (script, gc) => {
        const { updates } = playEdits(script, gc);
        const log = admitAll(updates);
        const { state, version, implied } = compactUpdates(updates);
        expect(equalVersions(unwrap(versionOfUpdate(state)), version)).toBe(true);
        expect(coversVersion(version, log.version)).toBe(true);
        expect(equalVersions(log.version, version)).toBe(implied === null);
        if (implied === null) return;
        expect(Y.decodeUpdate(implied).structs).toEqual([]);
        expect(equalVersions(admitAll([implied], log.version).version, version)).toBe(true);
        expect(compactUpdates([state]).implied).toBe(null);
        expect(compactUpdates([...updates, implied]).implied).toBe(null);
      }),
      { numRuns: 100 },
    );
  });

  it('D22: two who set one key imply the deletion of one of them', () => {
    const set = (client: number): Uint8Array =>
      craftUpdate([
        { client, structs: [{ kind: 8, parent: 'map', key: 'k', content: content(1, Uint8Array.of(126)) }] },
      ]);
    const { implied } = compactUpdates([set(1), set(2)]);
    expect(implied).toEqual(craftUpdate([], [[1, [0, 1]]]));
  });

  it('D22: deleting a parent implies the deletion of what others put inside', () => {
    const log = [
      craftUpdate([{ client: 1, structs: [{ kind: 7, parent: 'list', content: content(0) }] }]),
      craftUpdate([{ client: 2, structs: [{ parent: [1, 0], content: content('late') }] }]),
      craftUpdate([], [[1, [0, 1]]]),
    ];
    expect(compactUpdates(log).implied).toEqual(craftUpdate([], [[2, [0, 4]]]));
  });

  it('D22: deleted content is gone from the bytes', () => {
    const document = new Y.Doc({ gc: false });
    document.getText('text').insert(0, 'a secret to forget');
    document.getText('text').delete(2, 6);
    const before = Y.encodeStateAsUpdate(document);
    expect(Buffer.from(before).includes('secret')).toBe(true);
    expect(Buffer.from(compactUpdates([before]).state).includes('secret')).toBe(false);
  });

  it('D22: formats stay as they were written, however superfluous', () => {
    const author = new Y.Doc();
    author.getMap('map').set('text', new Y.Text('words'));
    const base = Y.encodeStateAsUpdate(author);
    // Two who format the same words without knowing of each other leave twice the marks that are needed.
    const marks = [1, 2].map((value) => {
      const replica = new Y.Doc();
      Y.applyUpdate(replica, base);
      const text = replica.getMap('map').get('text');
      if (text instanceof Y.Text) text.format(0, 3, { bold: value });
      return Y.encodeStateAsUpdate(replica, Y.encodeStateVectorFromUpdate(base));
    });
    const client = new Y.Doc();
    const tidied: Uint8Array[] = [];
    client.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      if (transaction.local) tidied.push(update);
    });
    for (const update of [base, ...marks]) Y.applyUpdate(client, update);
    expect(tidied.length).toBeGreaterThan(0);
    expect(compactUpdates([base, ...marks]).implied).toBe(null);
  });

  // A million of them take 10 s on a machine that does nothing else.
  it('D22: has no bound on structs, which is one of what somebody sends', { timeout: 300_000 }, () => {
    const doc = new Y.Doc();
    const log: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => log.push(update));
    const half = limits.structsPerUpdate / 2 + 1;
    const nothing = new Uint8Array();
    for (let part = 0; part < 2; part++) {
      doc.transact(() => doc.getArray('a').push(Array.from({ length: half }, () => nothing)));
    }
    const { state, version } = compactUpdates(log);
    expect([...version.stateVector.values()]).toEqual([2 * half]);
    expect(verdict(state)).toBe('UPDATE_LIMIT');
  });

  it('D30: a log of too many items is merged, with the same version, and says so', () => {
    const log = [
      craftUpdate([{ client: 1, structs: [{ content: content('a text of a few words') }] }]),
      craftUpdate([], [[1, [2, 3], [7, 1]]]),
      craftUpdate([{ client: 2, structs: [{ origin: [1, 0], content: content('more') }] }]),
    ];
    const { version } = admitAll(log);
    expect(countItems(log, 0)).toBe(6);
    expect(countItems([craftUpdate([{ client: 1, structs: [{}, {}] }], [[1, [0, 1]]])], 0)).toBe(2);
    const merged = compactUpdates(log, 5);
    expect(merged).toMatchObject({ state: mergeUpdates(log), implied: null, isMergedOnly: true });
    expect(equalVersions(merged.version, version)).toBe(true);
    expect(equalVersions(unwrap(versionOfUpdate(merged.state)), version)).toBe(true);
    const loaded = compactUpdates(log, 6);
    expect(loaded.isMergedOnly).toBe(undefined);
    expect(compactUpdates([merged.state]).state).toEqual(loaded.state);
  });

  it('D23: what Yjs cannot take ends in an error that says so', () => {
    const orphan = craftUpdate([{ client: 2, structs: [{ origin: [1, 0] }] }]);
    expect(verdict(orphan)).toBe('UPDATE_MISSING_DEPENDENCIES');
    for (const log of [[orphan], [Uint8Array.of(9, 9)], [craftUpdate([], [[1, [0, 1]]])]]) {
      expect(() => compactUpdates(log)).toThrow(MaterializeError);
      expect(() => contentHash(log)).toThrow(MaterializeError);
    }
  });

  it('D24: one clock with two contents shows in the content hash, where versions are equal', () => {
    const log = (word: string): Uint8Array[] => [
      craftUpdate([{ client: 1, structs: [{ content: content(word) }] }]),
    ];
    expect(equalVersions(admitAll(log('left')).version, admitAll(log('rite')).version)).toBe(true);
    expect(contentHash(log('left'))).not.toBe(contentHash(log('rite')));
    expect(contentHash(log('left'))).toMatch(/^[0-9a-f]{64}$/);
  });
});
