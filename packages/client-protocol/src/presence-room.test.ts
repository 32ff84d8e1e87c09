import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { type AwarenessEntry, decodeAwareness, encodeAwareness } from './awareness.ts';
import { PresenceRoom } from './presence-room.ts';

const entry = (clientId: number, clock: number, state: string | null = '{}'): AwarenessEntry => ({
  clientId,
  clock,
  state,
});

const nothing = { changed: [], corrections: [] };
const changes = (...changed: AwarenessEntry[]): unknown => ({ changed, corrections: [] });

describe('presence', () => {
  it('C11: an echo of others changes nothing', () => {
    const room = new PresenceRoom();
    expect(room.announce('ann', [entry(1, 1)])).toEqual(changes(entry(1, 1)));
    expect(room.announce('bob', [entry(2, 1)])).toEqual(changes(entry(2, 1)));
    expect(room.announce('bob', [entry(1, 1), entry(2, 1)])).toEqual(nothing);
    expect(room.announce('bob', [entry(1, 9, '{"mine":1}')])).toEqual(nothing);
    expect(room.announce('bob', [entry(1, 2_147_483_647, null)])).toEqual(nothing);
    expect(room.all()).toEqual([entry(1, 1), entry(2, 1)]);
    expect(room.announce('ann', [entry(1, 2, '{"x":1}')])).toEqual(changes(entry(1, 2, '{"x":1}')));
  });

  it('C11: a connection holds one presence, however many it names; another only once that one is withdrawn', () => {
    const room = new PresenceRoom();
    expect(room.announce('ann', [entry(1, 1), entry(2, 1), entry(3, 1)])).toEqual(nothing);
    room.announce('ann', [entry(1, 1)]);
    // Another tab of the same browser, heard over its own channel.
    expect(room.announce('ann', [entry(2, 1)])).toEqual(nothing);
    expect(room.announce('tab', [entry(2, 1)])).toEqual(changes(entry(2, 1)));
    expect(room.announce('ann', [entry(1, 2, null)])).toEqual(changes(entry(1, 2, null)));
    expect(room.announce('ann', [entry(3, 1)])).toEqual(changes(entry(3, 1)));
    expect(room.all()).toEqual([entry(2, 1), entry(3, 1)]);
  });

  it('C11: a repeated or older clock is not news, a withdrawal is', () => {
    const room = new PresenceRoom();
    room.announce('ann', [entry(1, 5)]);
    expect(room.announce('ann', [entry(1, 5, '{"x":1}')])).toEqual(nothing);
    expect(room.announce('ann', [entry(1, 4)])).toEqual(nothing);
    expect(room.announce('ann', [entry(1, 5, null)])).toEqual(changes(entry(1, 5, null)));
    expect(room.announce('ann', [entry(1, 6)])).toEqual(changes(entry(1, 6)));
  });

  it('C12: goes with its connection or its node', () => {
    const room = new PresenceRoom();
    room.announce('ann', [entry(1, 5)]);
    room.learn('node b', [entry(2, 1), entry(3, 1)]);
    expect(room.leave('ann')).toEqual([entry(1, 5, null)]);
    expect(room.leave('node b')).toEqual([entry(2, 1, null), entry(3, 1, null)]);
    expect(room.leave('node b')).toEqual([]);
    expect(room.size).toBe(0);
  });

  it('C12: an echo of somebody who has just gone does not bring them back', () => {
    const room = new PresenceRoom();
    room.announce('ann', [entry(1, 5)]);
    room.leave('ann');
    expect(room.announce('bob', [entry(1, 5)])).toEqual({ changed: [], corrections: [entry(1, 5, null)] });
    expect(room.learn('node b', [entry(1, 5)])).toEqual([]);
    expect(room.size).toBe(0);
  });

  it('C12: a client that comes back is told to go on counting, and is seen again', () => {
    const [room, ann, bob] = [new PresenceRoom(), new Awareness(new Y.Doc()), new Awareness(new Y.Doc())];
    const says = (awareness: Awareness): AwarenessEntry[] => {
      const said = decodeAwareness(encodeAwarenessUpdate(awareness, [ann.clientID]));
      return said.ok ? said.value : [];
    };
    const hears = (awareness: Awareness, entries: readonly AwarenessEntry[]): void =>
      applyAwarenessUpdate(awareness, encodeAwareness(entries), 'server');
    ann.setLocalState({ name: 'Ann' });
    hears(bob, room.announce('first', says(ann)).changed);
    hears(bob, room.leave('first'));
    expect(bob.getStates().has(ann.clientID)).toBe(false);
    const again = room.announce('second', says(ann));
    expect(again).toMatchObject({ changed: [], corrections: [{ state: null }] });
    hears(ann, again.corrections);
    hears(bob, room.announce('second', says(ann)).changed);
    expect(bob.getStates().get(ann.clientID)).toEqual({ name: 'Ann' });
    for (const awareness of [ann, bob]) awareness.destroy();
  });

  it('C12: follows a client that moved to another node, and ignores the old one letting go', () => {
    const room = new PresenceRoom();
    room.learn('node b', [entry(2, 1)]);
    expect(room.learn('node c', [entry(2, 2)])).toEqual([entry(2, 2)]);
    expect(room.learn('node b', [entry(2, 3, null)])).toEqual([]);
    expect(room.all()).toEqual([entry(2, 2)]);
    expect(room.learn('node c', [entry(2, 2)])).toEqual([]);
  });

  it('C12: news in the wrong order does not bring anybody back', () => {
    const room = new PresenceRoom();
    expect(room.learn('node b', [entry(2, 3, null)])).toEqual([]);
    expect(room.learn('node b', [entry(2, 2)])).toEqual([]);
    expect(room.learn('node b', [entry(2, 4)])).toEqual([entry(2, 4)]);
  });

  it('C12: a client that moved away is no longer held by its old connection', () => {
    const room = new PresenceRoom();
    room.announce('ann', [entry(1, 1)]);
    room.learn('node b', [entry(1, 2)]);
    expect(room.announce('ann', [entry(1, 3)])).toEqual(nothing);
    expect(room.leave('ann')).toEqual([]);
    expect(room.all()).toEqual([entry(1, 2)]);
  });

  it('C12: one document has a bounded number of presences', () => {
    const room = new PresenceRoom();
    for (let id = 0; id < 1100; id++) room.announce(`connection ${id}`, [entry(id, 1)]);
    room.learn('node b', [entry(5000, 1)]);
    expect(room.size).toBe(1024);
  });

  it('C11, C12: whatever is said, everybody seen is held by one who said so, and nobody stays without an owner', () => {
    const owners = ['ann', 'bob', 'node b', 'node c'];
    const step = fc.record({
      owner: fc.nat({ max: owners.length - 1 }),
      leaves: fc.boolean(),
      entries: fc.array(
        fc.record({
          clientId: fc.nat({ max: 4 }),
          clock: fc.nat({ max: 5 }),
          state: fc.constantFrom('{}', '{"x":1}', null),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const room = new PresenceRoom();
        // What a client sees who hears only of changes, by the rule of y-protocols.
        const seen = new Map<number, AwarenessEntry>();
        const show = (entries: readonly AwarenessEntry[]): void => {
          for (const changed of entries) {
            const before = seen.get(changed.clientId);
            const isNews =
              before === undefined ||
              changed.clock > before.clock ||
              (changed.clock === before.clock && changed.state === null);
            expect(isNews).toBe(true);
            seen.set(changed.clientId, changed);
          }
        };
        for (const { owner: index, leaves, entries } of steps) {
          const owner = owners[index] ?? '';
          if (leaves) show(room.leave(owner));
          else if (owner.startsWith('node')) show(room.learn(owner, entries));
          else show(room.announce(owner, entries).changed);
          const alive = [...seen.values()].filter(({ state }) => state !== null);
          const byId = (a: AwarenessEntry, b: AwarenessEntry): number => a.clientId - b.clientId;
          expect(room.all().sort(byId)).toEqual(alive.sort(byId));
        }
        for (const owner of owners) show(room.leave(owner));
        expect(room.size).toBe(0);
      }),
    );
  });

  it('C13: comes back as it went', () => {
    const entries = fc.array(
      fc.record({
        clientId: fc.nat({ max: 4_294_967_295 }),
        clock: fc.nat(),
        state: fc.option(
          fc
            .object()
            .map((value) => JSON.stringify(value))
            .filter((text) => text.length < 1000),
        ),
      }),
    );
    fc.assert(
      fc.property(entries, (list) => {
        expect(decodeAwareness(encodeAwareness(list))).toEqual({ ok: true, value: list });
      }),
    );
  });

  it('C13: what is malformed, not JSON, too many or too large is refused', () => {
    const large = entry(1, 1, JSON.stringify('x'.repeat(5000)));
    const many = Array.from({ length: 1025 }, (_, n) => entry(n, 1));
    for (const list of [[large], many, [entry(1, 1, '{')], [entry(1, 1, '')]]) {
      expect(decodeAwareness(encodeAwareness(list)).ok).toBe(false);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        expect(typeof decodeAwareness(bytes).ok).toBe('boolean');
      }),
    );
  });
});
