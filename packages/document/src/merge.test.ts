import { createRandom } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { mergeUpdates } from './merge.ts';
import { collected, content, craftUpdate } from './testing/craft-update.ts';
import { verdict } from './testing/log.ts';
import { edits, playEdits } from './testing/random-edits.ts';
import { emptyUpdate } from './update-writer.ts';

/** What a client ends with that gets the updates in this order, byte for byte. */
function loaded(updates: readonly Uint8Array[]): Uint8Array {
  return Y.encodeStateAsUpdate(load(updates));
}

function integrated(updates: readonly Uint8Array[]): unknown {
  const document = load(updates);
  document.store.pendingStructs = null;
  document.store.pendingDs = null;
  return Y.encodeStateAsUpdate(document);
}

function load(updates: readonly Uint8Array[]): Y.Doc {
  const document = new Y.Doc();
  // One local transaction: Yjs tidies formats after remote ones, and how depends on what came together.
  document.transact((transaction) => {
    for (const update of updates) Y.applyUpdate(document, update);
    transaction.local = true;
  });
  return document;
}

function typed(text: string): Uint8Array[] {
  const author = new Y.Doc();
  author.clientID = 5;
  const updates: Uint8Array[] = [];
  author.on('update', (update: Uint8Array) => updates.push(update));
  for (const character of text) author.getText('text').insert(author.getText('text').length, character);
  return updates;
}

describe('merging', () => {
  it('D16: means what Y.mergeUpdates means, for any part of a history in any order', () => {
    fc.assert(
      fc.property(edits, fc.boolean(), fc.nat(), (script, gc, seed) => {
        const random = createRandom(`merge ${seed}`);
        const { updates, replicas } = playEdits(script, gc);
        const states = replicas.map((replica) => Y.encodeStateAsUpdate(replica));
        const some = random.shuffled([...updates, ...states]).filter(() => random.chance(0.6));
        const merged = mergeUpdates(some);
        // Of a part something may be missing: what can be integrated of it must be the same.
        expect(integrated([merged])).toEqual(integrated([Y.mergeUpdates(some)]));
        expect(loaded([merged, ...updates])).toEqual(loaded([...some, ...updates]));
        expect(loaded([mergeUpdates([merged, ...updates])])).toEqual(loaded(updates.concat(some)));
      }),
      { numRuns: 300 },
    );
  });

  it('D16: what was typed in pieces comes out in one', () => {
    const merged = mergeUpdates(typed('hello, 🙂 you'));
    expect(merged).toEqual(craftUpdate([{ client: 5, structs: [{ content: content('hello, 🙂 you') }] }]));
    expect(merged.byteLength).toBeLessThan(Y.mergeUpdates(typed('hello, 🙂 you')).byteLength / 2);
  });

  it('D16: what stands in front of something else is not joined to what stands at the end', () => {
    const parts = [
      craftUpdate([{ client: 1, structs: [{ rightOrigin: [2, 0] }, { origin: [1, 0] }] }]),
      craftUpdate([{ client: 1, clock: 2, structs: [{ origin: [1, 1], rightOrigin: [2, 0] }] }]),
      craftUpdate([{ client: 1, clock: 3, structs: [{ origin: [1, 2], rightOrigin: [2, 1] }] }]),
    ];
    expect(Y.decodeUpdate(mergeUpdates(parts)).structs.length).toBe(4);
  });

  it('D16: entries of a map are not joined: each deletes the one before it', () => {
    const author = new Y.Doc();
    const updates: Uint8Array[] = [];
    author.on('update', (update: Uint8Array) => updates.push(update));
    for (let i = 0; i < 3; i++) author.getMap('map').set('key', i);
    expect(Y.decodeUpdate(mergeUpdates(updates)).structs.length).toBe(3);
  });

  it('D16: GC next to GC is one; a gap is a skip; what overlaps comes once', () => {
    const at = (clock: number, length: number): Uint8Array =>
      craftUpdate([{ client: 1, clock, structs: [collected(0, length)] }]);
    expect(mergeUpdates([at(0, 3), at(3, 4)])).toEqual(at(0, 7));
    expect(mergeUpdates([at(5, 2), at(0, 3)])).toEqual(
      craftUpdate([{ client: 1, structs: [collected(0, 3), collected(10, 2), collected(0, 2)] }]),
    );
    const text = (clock: number, words: string): Uint8Array =>
      craftUpdate([
        {
          client: 1,
          clock,
          structs: [
            clock === 0 ? { content: content(words) } : { origin: [1, clock - 1], content: content(words) },
          ],
        },
      ]);
    for (const parts of [
      [text(0, 'ab'), text(0, 'abcd'), text(3, 'def')],
      [text(3, 'def'), text(0, 'ab'), text(0, 'abcd')],
    ]) {
      expect(mergeUpdates(parts)).toEqual(text(0, 'abcdef'));
    }
  });

  it('D16: nothing, and one alone', () => {
    const update = craftUpdate([{ client: 1, structs: [{}] }]);
    expect(mergeUpdates([])).toEqual(emptyUpdate);
    expect(mergeUpdates([update])).toBe(update);
    expect(verdict(mergeUpdates([emptyUpdate, emptyUpdate]))).toBe('known');
  });

  it('D16: bytes that no admission has seen throw', () => {
    expect(() => mergeUpdates([emptyUpdate, Uint8Array.of(1, 2, 3)])).toThrow();
  });
});
