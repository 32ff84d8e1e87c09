import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { admitUpdate, versionOfUpdate } from './admit.ts';
import { mergeUpdates } from './merge.ts';
import { collected, content, craftUpdate } from './testing/craft-update.ts';
import { admitAll, unwrap, verdict } from './testing/log.ts';
import { edits, playEdits } from './testing/random-edits.ts';
import { emptyUpdate } from './update-writer.ts';
import { emptyVersion, equalVersions, type Version } from './version.ts';

const hello = craftUpdate([{ client: 1, structs: [{ content: content('hello') }] }]);
const knowsHello = unwrap(versionOfUpdate(hello));

function admitted(update: Uint8Array, known: Version): { update: Uint8Array; version: Version } {
  const admission = unwrap(admitUpdate(update, known));
  if (admission.kind !== 'novel') throw new Error('nothing new');
  return admission;
}

describe('what is new in an update', () => {
  it('D6: all of it: the very bytes; none of it: known', () => {
    expect(admitted(hello, emptyVersion).update).toBe(hello);
    expect(verdict(hello, knowsHello)).toBe('known');
    expect(verdict(emptyUpdate)).toBe('known');
  });

  it('D6: the end of a struct: cut as Yjs cuts it, with the clock before as its origin', () => {
    const longer = craftUpdate([{ client: 1, structs: [{ content: content('hello you') }] }]);
    const { update, version } = admitted(longer, knowsHello);
    expect(update).toEqual(
      craftUpdate([{ client: 1, clock: 5, structs: [{ origin: [1, 4], content: content(' you') }] }]),
    );
    expect(version.stateVector.get(1)).toBe(9);
    const document = new Y.Doc();
    Y.applyUpdate(document, hello);
    Y.applyUpdate(document, update);
    expect(document.getText('text').toString()).toBe('hello you');
  });

  it('D6: a struct is cut where Yjs cuts it, inside of surrogate pairs and lists too', () => {
    const document = new Y.Doc();
    document.clientID = 1;
    document.getText('text').insert(0, 'aö好🙂𝒳z');
    document.getArray('list').insert(0, [1, [2, '🙂'], { three: null }, true]);
    const update = Y.encodeStateAsUpdate(document);
    const clocks = Y.decodeStateVector(Y.encodeStateVector(document)).get(1) ?? 0;
    for (let clock = 1; clock < clocks; clock++) {
      const known: Version = { stateVector: new Map([[1, clock]]), deleteSet: new Map() };
      const stock = Y.diffUpdate(update, Y.encodeStateVector(new Map([[1, clock]])));
      expect(admitted(update, known).update).toEqual(stock);
    }
  });

  it('D6: only deletes: what of their ranges is not known', () => {
    const known = admitted(craftUpdate([], [[1, [1, 2]]]), knowsHello).version;
    const { update, version } = admitted(craftUpdate([], [[1, [0, 4]]]), known);
    expect(update).toEqual(craftUpdate([], [[1, [0, 1], [3, 1]]]));
    expect(version.deleteSet.get(1)?.toRanges()).toEqual([{ clock: 0, length: 4 }]);
    expect(verdict(craftUpdate([], [[1, [0, 2], [3, 1]]]), version)).toBe('known');
  });

  it('D6: the state of a client that knows more, exactly what is lacking', () => {
    fc.assert(
      fc.property(edits, fc.boolean(), fc.nat(), (script, gc, cut) => {
        const { updates } = playEdits(script, gc);
        const known = admitAll(updates.slice(0, cut % (updates.length + 1))).version;
        const all = admitAll(updates);
        const admission = unwrap(admitUpdate(mergeUpdates(updates), known));
        if (admission.kind === 'known') expect(equalVersions(known, all.version)).toBe(true);
        else {
          expect(equalVersions(admission.version, all.version)).toBe(true);
          // What came out is new as a whole: nothing can be left out of it.
          expect(admitted(admission.update, known).update).toBe(admission.update);
          for (const { id, length } of Y.decodeUpdate(admission.update).structs) {
            expect(id.clock >= (known.stateVector.get(id.client) ?? 0) && length > 0).toBe(true);
          }
        }
      }),
    );
  });

  it('D6: collected and deleted structs count as deleted, where they are new', () => {
    const update = craftUpdate([
      {
        client: 1,
        structs: [
          collected(0, 3),
          { content: content('ab') },
          { kind: 1, origin: [1, 4], content: content(2) },
        ],
      },
    ]);
    const { version } = admitted(update, emptyVersion);
    expect(version.deleteSet.get(1)?.toRanges()).toEqual([
      { clock: 0, length: 3 },
      { clock: 5, length: 2 },
    ]);
    // Yjs ignores structs it has: a collected copy of what is alive here deletes nothing without saying so.
    expect(verdict(craftUpdate([{ client: 1, structs: [collected(0, 5)] }]), knowsHello)).toBe('known');
    const longer = admitted(craftUpdate([{ client: 1, structs: [collected(0, 8)] }]), knowsHello);
    expect(longer.update).toEqual(craftUpdate([{ client: 1, clock: 5, structs: [collected(0, 3)] }]));
    expect(longer.version.deleteSet.get(1)?.toRanges()).toEqual([{ clock: 5, length: 3 }]);
  });

  it('D5: admitting leaves the version it was admitted against as it was', () => {
    const before = structuredClone({ sv: [...knowsHello.stateVector], ds: [...knowsHello.deleteSet] });
    admitted(craftUpdate([{ client: 9, structs: [{}] }], [[1, [0, 1]]]), knowsHello);
    expect({ sv: [...knowsHello.stateVector], ds: [...knowsHello.deleteSet] }).toEqual(before);
  });
});

describe('dependencies', () => {
  const origins: [string, Uint8Array][] = [
    ['the clock before', craftUpdate([{ client: 1, clock: 6, structs: [{}] }])],
    ['an origin', craftUpdate([{ client: 2, structs: [{ origin: [1, 5] }] }])],
    ['a right origin', craftUpdate([{ client: 2, structs: [{ rightOrigin: [3, 0] }] }])],
    ['a parent', craftUpdate([{ client: 2, structs: [{ parent: [1, 5] }] }])],
    ['a deleted clock', craftUpdate([], [[1, [3, 3]]])],
    ['a deleted client', craftUpdate([], [[7, [0, 1]]])],
    [
      'an origin after the end of another section',
      craftUpdate([
        { client: 2, structs: [{ origin: [3, 1] }] },
        { client: 3, structs: [{}] },
      ]),
    ],
    ['what a skip stands for', craftUpdate([{ client: 2, structs: [{}, collected(10, 2), {}] }])],
  ];

  it.each(origins)('D7: without %s it is refused, to be tried again', (_what, update) => {
    expect(admitUpdate(update, knowsHello)).toMatchObject({
      ok: false,
      error: { code: 'UPDATE_MISSING_DEPENDENCIES', retry: true },
    });
  });

  it('D7: known, they are no obstacle', () => {
    const known = admitAll([
      hello,
      craftUpdate([{ client: 1, clock: 5, structs: [{ kind: 7, content: content(0) }] }]),
      craftUpdate([{ client: 2, structs: [{}, {}, {}] }]),
      craftUpdate([{ client: 3, structs: [{}, {}] }]),
      craftUpdate([{ client: 7, structs: [{}] }]),
    ]).version;
    for (const [, update] of origins) {
      expect(['known', 'novel']).toContain(verdict(update, known));
    }
  });

  it('D8: they may come later in the same update, across clients and back', () => {
    const update = craftUpdate([
      { client: 9, structs: [{ origin: [1, 0] }, { origin: [1, 2] }] },
      { client: 5, structs: [{ origin: [9, 0] }] },
      { client: 1, structs: [{}, { origin: [5, 0] }, { origin: [9, 0] }] },
    ]);
    expect(verdict(update)).toBe('novel');
    const document = new Y.Doc();
    Y.applyUpdate(document, update);
    expect(document.store.pendingStructs).toBe(null);
    expect(document.getText('text').length).toBe(6);
  });

  it.each([
    ['itself as its origin', [{ client: 6, structs: [{ origin: [6, 0] }] }]],
    ['itself as its parent', [{ client: 6, structs: [{ parent: [6, 0] }] }]],
    ['its own later struct as its right origin', [{ client: 6, structs: [{ rightOrigin: [6, 1] }, {}] }]],
    [
      'one neighbour on both sides',
      [{ client: 1, clock: 5, structs: [{ origin: [1, 2], rightOrigin: [1, 2] }] }],
    ],
    [
      'two that wait for each other',
      [
        { client: 2, structs: [{ origin: [3, 0] }] },
        { client: 3, structs: [{ origin: [2, 0] }] },
      ],
    ],
    [
      'a circle through a later struct',
      [
        { client: 2, structs: [{}, { origin: [3, 1] }] },
        { client: 3, structs: [{}, { origin: [4, 0] }] },
        { client: 4, structs: [{ origin: [2, 1] }] },
      ],
    ],
  ] as const)('D8: %s is refused for good', (_what, sections) => {
    expect(admitUpdate(craftUpdate(sections), knowsHello)).toMatchObject({
      ok: false,
      error: { code: 'UPDATE_MALFORMED', retry: false },
    });
  });

  it('D8: a long chain through many clients takes no recursion', () => {
    const clients = Array.from({ length: 20_000 }, (_, i) => i + 1);
    const chain = clients.map((client) => ({
      client,
      structs: [client < clients.length ? { origin: [client + 1, 0] as const } : {}],
    }));
    expect(verdict(craftUpdate(chain))).toBe('novel');
  });

  it('D13: a gap that a merge left is bridged by what is known', () => {
    const parts = [0, 1, 2].map((clock) =>
      craftUpdate([{ client: 4, clock, structs: [clock === 0 ? {} : { origin: [4, clock - 1] as const }] }]),
    );
    const [first, middle, last] = parts as [Uint8Array, Uint8Array, Uint8Array];
    const gapped = Y.mergeUpdates([first, last]);
    expect(verdict(gapped)).toBe('UPDATE_MISSING_DEPENDENCIES');
    const known = admitAll([first, middle]).version;
    expect(admitted(gapped, known).update).toEqual(last);
    expect(verdict(gapped, admitAll(parts).version)).toBe('known');
  });
});
