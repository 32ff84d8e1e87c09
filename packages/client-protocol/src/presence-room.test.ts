import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AwarenessEntry, decodeAwareness, encodeAwareness } from './awareness.ts';
import { PresenceRoom } from './presence-room.ts';

const entry = (clientId: number, clock: number, state: string | null = '{}'): AwarenessEntry => ({
  clientId,
  clock,
  state,
});

describe('presence', () => {
  it('C11: an echo of others changes nothing', () => {
    const room = new PresenceRoom();
    expect(room.announce('ann', [entry(1, 1)])).toEqual([entry(1, 1)]);
    expect(room.announce('bob', [entry(2, 1)])).toEqual([entry(2, 1)]);
    expect(room.announce('bob', [entry(1, 1), entry(2, 1)])).toEqual([]);
    expect(room.announce('bob', [entry(1, 9, '{"mine":1}')])).toEqual([]);
    expect(room.announce('bob', [entry(1, 2_147_483_647, null)])).toEqual([]);
    expect(room.all()).toEqual([entry(1, 1), entry(2, 1)]);
    expect(room.announce('ann', [entry(1, 2, '{"x":1}')])).toEqual([entry(1, 2, '{"x":1}')]);
  });

  it('C11: a connection holds one presence, however many it names', () => {
    const room = new PresenceRoom();
    expect(room.announce('ann', [entry(1, 1), entry(2, 1), entry(3, 1)])).toEqual([]);
    room.announce('ann', [entry(1, 1)]);
    expect(room.announce('ann', [entry(2, 1)])).toEqual([entry(1, 2, null), entry(2, 1)]);
    expect(room.size).toBe(1);
  });

  it('C11: a repeated or older clock is not news, a withdrawal is', () => {
    const room = new PresenceRoom();
    room.announce('ann', [entry(1, 5)]);
    expect(room.announce('ann', [entry(1, 5, '{"x":1}')])).toEqual([]);
    expect(room.announce('ann', [entry(1, 4)])).toEqual([]);
    expect(room.announce('ann', [entry(1, 5, null)])).toEqual([entry(1, 5, null)]);
    expect(room.announce('ann', [entry(1, 6)])).toEqual([entry(1, 6)]);
  });

  it('C12: goes with its connection or its node', () => {
    const room = new PresenceRoom();
    room.announce('ann', [entry(1, 5)]);
    room.learn('node b', [entry(2, 1), entry(3, 1)]);
    expect(room.leave('ann')).toEqual([entry(1, 6, null)]);
    expect(room.leave('node b')).toEqual([entry(2, 2, null), entry(3, 2, null)]);
    expect(room.leave('node b')).toEqual([]);
    expect(room.size).toBe(0);
  });

  it('C12: follows a client that moved to another node, and ignores the old one letting go', () => {
    const room = new PresenceRoom();
    room.learn('node b', [entry(2, 1)]);
    expect(room.learn('node c', [entry(2, 2)])).toEqual([entry(2, 2)]);
    expect(room.learn('node b', [entry(2, 3, null)])).toEqual([]);
    expect(room.all()).toEqual([entry(2, 2)]);
    expect(room.learn('node c', [entry(2, 2)])).toEqual([]);
  });

  it('C12: one document has a bounded number of presences', () => {
    const room = new PresenceRoom();
    for (let id = 0; id < 1100; id++) room.announce(`connection ${id}`, [entry(id, 1)]);
    room.learn('node b', [entry(5000, 1)]);
    expect(room.size).toBe(1024);
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
