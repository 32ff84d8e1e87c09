import { limits } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { admitUpdate, versionOfUpdate } from './admit.ts';
import { compactUpdates } from './compact.ts';
import { documentJson } from './json.ts';
import { MaterializeError } from './materialize.ts';
import { sketchVersion } from './sketch.ts';
import { splitUpdate } from './split.ts';
import { collected, content, craftUpdate } from './testing/craft-update.ts';
import { publishedAttacks } from './testing/hostile-updates.ts';
import { admitAll, unwrap, verdict } from './testing/log.ts';
import { emptyVersion } from './version.ts';
import { encodeVersion } from './version-codec.ts';

/** Attacks on Yjs servers that were measured or published, each by name. */
describe('attacks', () => {
  it.each(publishedAttacks)('D15: %s is refused at once', (_what, update) => {
    expect(['UPDATE_MALFORMED', 'UPDATE_LIMIT']).toContain(verdict(update));
  });

  it('D15: 4,000 orphans of 12 bytes leave nothing behind', () => {
    let { version } = admitAll([Y.encodeStateAsUpdate(docWith('hello'))]);
    const before = encodeVersion(version);
    for (let i = 0; i < 4000; i++) {
      const orphan = craftUpdate([{ client: 77, clock: 1 + i * 2, structs: [{ origin: [77, i * 2] }] }]);
      const admission = admitUpdate(orphan, version);
      expect(admission).toMatchObject({
        ok: false,
        error: { code: 'UPDATE_MISSING_DEPENDENCIES', retry: true },
      });
      if (admission.ok && admission.value.kind === 'novel') version = admission.value.version;
    }
    expect(encodeVersion(version)).toEqual(before);
  });

  it('D15: yjs#461: a missing predecessor makes no map value vanish', () => {
    const client = new Y.Doc();
    const updates: Uint8Array[] = [];
    client.on('update', (update: Uint8Array) => updates.push(update));
    client.getMap('map').set('a', 1);
    client.getMap('map').set('b', 1);
    client.getMap('map').set('a', 2);
    const [first, , third] = updates as [Uint8Array, Uint8Array, Uint8Array];
    const known = admitAll([first]);
    expect(verdict(third, known.version)).toBe('UPDATE_MISSING_DEPENDENCIES');
    expect(documentJson(known.updates)).toEqual({ map: { a: 1 } });
  });

  it('D15: an update with a valid struct and a cut delete set is refused whole', () => {
    const whole = craftUpdate([{ client: 1, structs: [{}] }], [[1, [0, 1]]]);
    const cut = whole.subarray(0, whole.byteLength - 1);
    const document = new Y.Doc();
    expect(() => Y.applyUpdate(document, cut)).toThrow();
    expect(document.getText('text').toString()).toBe('x');
    expect(verdict(cut)).toBe('UPDATE_MALFORMED');
  });

  it('D15: a forged GC struct as long as the clock allows costs no more than its bytes', () => {
    const forged = craftUpdate([{ client: 9, structs: [collected(0, limits.clock)] }]);
    const version = unwrap(versionOfUpdate(forged));
    expect(encodeVersion(version).byteLength).toBeLessThan(32);
    const many = craftUpdate(
      Array.from({ length: 200 }, (_, client) => ({ client, structs: [collected(0, limits.clock)] })),
    );
    expect(sketchVersion(unwrap(versionOfUpdate(many))).byteLength).toBeLessThan(8192);
    expect(splitUpdate(many, 256).length).toBeLessThan(40);
    expect(compactUpdates([forged]).version.stateVector.get(9)).toBe(limits.clock);
  });

  it('D15: a prototype smuggled into an object reaches no reader', () => {
    const document = new Y.Doc();
    const poisoned: unknown = JSON.parse('{"__proto__":{"admin":true},"name":"x"}');
    document.getMap('map').set('user', poisoned);
    expect(verdict(Y.encodeStateAsUpdate(document))).toBe('UPDATE_MALFORMED');
    const plain = new Y.Doc();
    plain.getMap('map').set('user', [{ name: 'x', constructor: 1, toString: 2 }]);
    const json = documentJson([Y.encodeStateAsUpdate(plain)]) as { map: { user: [object] } };
    for (const object of [json, json.map, json.map.user[0]]) {
      expect(Object.getPrototypeOf(object)).toBe(null);
    }
  });

  it('D15: types nested until Yjs overflows the stack end in an error, not in half a document', () => {
    const depth = 20_000;
    const nested = craftUpdate([
      {
        client: 1,
        structs: Array.from({ length: depth }, (_, i) => ({
          kind: 7,
          content: content(0),
          parent: i === 0 ? 'list' : ([1, i - 1] as const),
        })),
      },
    ]);
    const { updates } = admitAll([nested]);
    let json = documentJson(updates)['list'] as unknown[];
    let levels = 0;
    for (; json.length > 0; levels++) json = json[0] as unknown[];
    expect(levels).toBe(depth);
    const deleted = admitAll([nested, craftUpdate([], [[1, [0, 1]]])]);
    expect(() => compactUpdates(deleted.updates)).toThrow(MaterializeError);
    expect(() => documentJson(deleted.updates)).toThrow(MaterializeError);
  });

  it('D15: a state vector of a million clients is refused by its count, clients beyond the limit too', () => {
    const fake = craftUpdate(
      Array.from({ length: limits.clientsPerDocument + 1 }, (_, client) => ({
        client,
        structs: [collected(0, 1)],
      })),
    );
    expect(verdict(fake)).toBe('UPDATE_LIMIT');
    expect(unwrap(admitUpdate(Uint8Array.of(0, 0), emptyVersion)).kind).toBe('known');
  });
});

function docWith(text: string): Y.Doc {
  const document = new Y.Doc();
  document.getText('text').insert(0, text);
  return document;
}
