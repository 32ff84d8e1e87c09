import { concat, limits } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { admitUpdate } from './admit.ts';
import { documentJson } from './json.ts';
import { mergeUpdates } from './merge.ts';
import { splitUpdate, splitUpdateForClients } from './split.ts';
import { StructReader } from './struct-reader.ts';
import { content, craftUpdate } from './testing/craft-update.ts';
import { admitAll, unwrap } from './testing/log.ts';
import { edits, jsonOfClient, playEdits } from './testing/random-edits.ts';
import { emptyUpdate } from './update-writer.ts';
import { emptyVersion, equalVersions, type Version } from './version.ts';

/** Admits pieces strictly one after the other. */
function admitInOrder(pieces: readonly Uint8Array[], known: Version): Version {
  let version = known;
  for (const piece of pieces) {
    const admission = unwrap(admitUpdate(piece, version));
    if (admission.kind === 'novel') version = admission.version;
  }
  return version;
}

describe('splitting', () => {
  it('D20: each piece is admissible after those before it, and together they are the whole', () => {
    fc.assert(
      fc.property(
        edits,
        fc.boolean(),
        fc.integer({ min: 30, max: 600 }),
        fc.nat(),
        (script, gc, maxBytes, cut) => {
          const { updates } = playEdits(script, gc);
          const middle = cut % (updates.length + 1);
          const known = admitAll(updates.slice(0, middle));
          const rest = mergeUpdates(updates.slice(middle));
          const pieces = splitUpdate(rest, maxBytes);
          const version = admitInOrder(pieces, known.version);
          expect(equalVersions(version, admitAll(updates).version)).toBe(true);
          expect(documentJson([...known.updates, ...pieces])).toEqual(documentJson(updates));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('D20: a client who applies the pieces one by one shows what the whole shows, formats included', () => {
    fc.assert(
      fc.property(
        edits,
        fc.boolean(),
        fc.integer({ min: 30, max: 600 }),
        fc.nat(),
        (script, gc, maxBytes, cut) => {
          const { updates } = playEdits(script, gc);
          const middle = cut % (updates.length + 1);
          const base = mergeUpdates(updates.slice(0, middle));
          const rest = mergeUpdates(updates.slice(middle));
          const [apart, whole] = [new Y.Doc(), new Y.Doc()];
          Y.applyUpdate(apart, base);
          for (const piece of splitUpdateForClients(rest, maxBytes)) {
            Y.applyUpdate(apart, piece);
            expect(apart.store.pendingStructs).toBe(null);
          }
          Y.applyUpdate(whole, base);
          Y.applyUpdate(whole, rest);
          expect(jsonOfClient(apart)).toEqual(jsonOfClient(whole));
          expect(apart.getText('text').toDelta()).toEqual(whole.getText('text').toDelta());
        },
      ),
      { numRuns: 200 },
    );
  });

  it('D20: a format cut in two would be lost on every replica: for clients it stays whole', () => {
    const author = new Y.Doc();
    const updates: Uint8Array[] = [];
    author.on('update', (update: Uint8Array) => updates.push(update));
    const text = author.getText('text');
    text.insert(0, 'words');
    text.format(0, 1, { color: { of: 'ink' } });
    text.format(0, 2, { color: { of: 'sky' } });
    const update = mergeUpdates(updates);
    const show = (pieces: readonly Uint8Array[]): unknown => {
      const reader = new Y.Doc();
      const copy = reader.getText('text');
      for (const piece of pieces) Y.applyUpdate(reader, piece);
      return copy.toDelta();
    };
    const reader = new StructReader(update);
    reader.clientCount();
    reader.openClient();
    for (let structs = reader.structCount; structs > 0; structs--) reader.next();
    const [structs, deletes] = [update.subarray(0, reader.end), update.subarray(reader.end)];
    const apart = splitUpdate(concat(structs, Uint8Array.of(0)), 30);
    expect(show([...apart, concat(Uint8Array.of(0), deletes)])).toEqual([
      { insert: 'wo' },
      { insert: 'rds' },
    ]);
    expect(show(splitUpdateForClients(update, 30))).toEqual(text.toDelta());
  });

  it('D20: pieces stay under the limit; long texts and lists are cut, never inside of a character', () => {
    const text = 'größe 🙂 好 '.repeat(4000);
    const document = new Y.Doc();
    document.getText('text').insert(0, text);
    document.getArray('list').insert(
      0,
      Array.from({ length: 3000 }, (_, i) => `value ${i}`),
    );
    document.getText('text').delete(10, 100);
    const update = Y.encodeStateAsUpdate(document);
    for (const maxBytes of [200, 1000, 4096]) {
      const pieces = splitUpdate(update, maxBytes);
      expect(Math.max(...pieces.map((piece) => piece.byteLength))).toBeLessThanOrEqual(maxBytes);
      expect(pieces.length).toBeLessThan((1.5 * update.byteLength) / (maxBytes - 60) + 5);
      const copy = new Y.Doc();
      for (const piece of pieces) Y.applyUpdate(copy, piece);
      expect(copy.getText('text').toString()).toBe(document.getText('text').toString());
      expect(copy.getArray('list').toJSON()).toEqual(document.getArray('list').toJSON());
    }
  });

  it('D20: a value larger than a piece travels alone', () => {
    const document = new Y.Doc();
    document.getMap('map').set('bytes', new Uint8Array(5000));
    document.getMap('map').set('small', 1);
    const pieces = splitUpdate(Y.encodeStateAsUpdate(document), 100);
    expect(pieces.map((piece) => piece.byteLength > 100)).toEqual([true, false]);
  });

  it('D20: many deletes are pieces too', () => {
    const ranges = Array.from({ length: 1000 }, (_, i) => [i * 2, 1] as const);
    const text = craftUpdate([{ client: 1, structs: [{ content: content('x'.repeat(2000)) }] }]);
    const known = admitAll([text]).version;
    const pieces = splitUpdate(craftUpdate([], [[1, ...ranges]]), 300);
    expect(Math.max(...pieces.map((piece) => piece.byteLength))).toBeLessThanOrEqual(300);
    expect(admitInOrder(pieces, known).deleteSet.get(1)?.toRanges().length).toBe(1000);
  });

  it('D20: no piece has more structs than an update may', () => {
    const count = limits.structsPerUpdate + 10;
    const update = concat(content(1, count, 1, 0), Buffer.from(`${'0001'.repeat(count)}00`, 'hex'));
    const pieces = splitUpdate(update, 100_000_000);
    expect(pieces.length).toBe(2);
    expect(admitInOrder(pieces, emptyVersion).stateVector.get(1)).toBe(count);
  });

  it('D20: what fits is left as it is', () => {
    const update = craftUpdate([{ client: 1, structs: [{}] }]);
    expect(splitUpdate(update, update.byteLength)[0]).toBe(update);
    expect(splitUpdate(emptyUpdate, 1)).toEqual([emptyUpdate]);
  });
});
