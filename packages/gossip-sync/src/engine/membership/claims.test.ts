import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLive } from './member.ts';
import {
  claim,
  claimsAbout,
  messagesOf,
  notices,
  peer,
  scriptedMember,
  selfNumber,
} from './membership-script.ts';
import type { MemberClaim } from './messages.ts';

const [a, b, c, d, e, f] = [peer(1), peer(2), peer(3), peer(4), peer(5), peer(6)];

describe('suspicion and refutation', () => {
  it('W5: a suspect unconfirmed is given up after the longest time, not before', () => {
    const member = scriptedMember();
    member.meet(a, b, c, d, e);
    member.gossip(claim(b, 'suspect', { by: c }));
    // Six members: 4 s at least, six times that at most.
    member.pass(23_999);
    expect(member.machine.member(b)?.status).toBe('suspect');
    member.pass(2);
    expect(member.machine.member(b)).toMatchObject({ status: 'dead', by: member.self });
  });

  it('W5: confirmations by others shorten the time, repeated ones do not', () => {
    const member = scriptedMember();
    member.meet(a, b, c, d, e);
    for (let i = 0; i < 5; i++) member.gossip(claim(b, 'suspect', { by: c }));
    member.pass(4100);
    expect(member.machine.member(b)?.status).toBe('suspect');
    member.gossip(claim(b, 'suspect', { by: d }));
    expect(member.machine.member(b)?.status).toBe('suspect');
    member.gossip(claim(b, 'suspect', { by: e }));
    expect(member.machine.member(b)?.status).toBe('dead');
  });

  it('W5: news of each confirmation is passed on', () => {
    const member = scriptedMember();
    member.meet(a, b, c, d, e);
    member.gossip(claim(b, 'suspect', { by: c }));
    member.gossip(claim(b, 'suspect', { by: d }));
    const told = claimsAbout(member.pass(250), b);
    expect(new Set(told.map(({ by }) => by))).toEqual(new Set([d]));
  });

  it('W5: what has been heard before is not passed on again', () => {
    const member = scriptedMember();
    member.meet(a, b, c, d, e);
    member.gossip(claim(b, 'suspect', { by: c }), claim(b, 'suspect', { by: d }), claim(e, 'left'));
    member.pass(10_000);
    member.gossip(claim(b, 'suspect', { by: c }), claim(b, 'suspect', { by: d }), claim(e, 'left'));
    expect(messagesOf(member.pass(1000), 'gossip')).toEqual([]);
  });

  it('W5: the timer of a suspicion that was refuted does not end a later one', () => {
    const member = scriptedMember();
    member.meet(a, b, c, d, e);
    member.gossip(claim(b, 'suspect', { by: c }));
    member.pass(1000);
    member.gossip(claim(b, 'alive', { revision: 1 }));
    member.pass(15_000);
    member.gossip(claim(b, 'suspect', { by: c, revision: 1 }));
    member.pass(23_000);
    expect(member.machine.member(b)?.status).toBe('suspect');
    member.pass(2000);
    expect(member.machine.member(b)?.status).toBe('dead');
  });

  it('W6: a suspected node raises its revision and says it is alive', () => {
    const member = scriptedMember();
    member.meet(a, b);
    const before = member.machine.healthScore;
    const effects = member.gossip(
      claim(member.self, 'suspect', { incarnation: 5, session: 1, revision: 0, by: b }),
    );
    expect(notices(effects)).toContainEqual({ type: 'refuted', by: b });
    expect(member.machine.healthScore).toBe(before + 1);
    const [told] = claimsAbout(member.pass(250), member.self);
    expect(told).toMatchObject({
      status: 'alive',
      incarnation: 5,
      revision: 1,
      description: { region: 'eu' },
    });
    expect(
      notices(member.gossip(claim(member.self, 'suspect', { incarnation: 5, session: 1, revision: 0 }))),
    ).toEqual([]);
    member.gossip(claim(member.self, 'dead', { incarnation: 5, session: 1, revision: 4 }));
    expect(member.machine.claims()[0]).toMatchObject({ status: 'alive', revision: 5 });
  });

  it('W6: a higher revision clears a suspicion and revives the dead, an equal one does not', () => {
    const member = scriptedMember();
    member.meet(a, b, c);
    member.gossip(claim(b, 'suspect'));
    member.gossip(claim(b, 'alive'));
    expect(member.machine.member(b)?.status).toBe('suspect');
    member.gossip(claim(b, 'alive', { revision: 1 }));
    expect(member.machine.member(b)).toMatchObject({ status: 'alive', revision: 1 });
    member.pass(30_000);
    expect(member.machine.member(b)?.status).toBe('alive');
    member.handle({ type: 'linkDown', peer: b, isDeliberate: true });
    member.gossip(claim(b, 'dead', { revision: 1 }));
    member.gossip(claim(b, 'suspect', { revision: 1 }));
    expect(member.machine.member(b)?.status).toBe('dead');
    member.gossip(claim(b, 'alive', { incarnation: 2, session: 8 }));
    expect(member.machine.member(b)).toMatchObject({ status: 'alive', incarnation: 2 });
  });

  it('W6: a new start outranks every refutation of the one before', () => {
    const member = scriptedMember();
    member.meet(a);
    member.gossip(claim(a, 'alive', { revision: 900 }));
    member.gossip(claim(a, 'dead', { revision: 900 }));
    member.gossip(claim(a, 'alive', { incarnation: 2, session: 8, revision: 0 }));
    expect(member.machine.member(a)).toMatchObject({ status: 'alive', incarnation: 2, revision: 0 });
  });

  it('W6: news in any order ends in the same state as long as it is read to the end', () => {
    const statuses = ['alive', 'suspect', 'dead', 'left'] as const;
    const news = fc.array(
      fc.record({
        status: fc.constantFrom(...statuses),
        incarnation: fc.integer({ min: 1, max: 3 }),
        revision: fc.integer({ min: 0, max: 2 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(news, fc.infiniteStream(fc.nat()), (told, order) => {
        const claims = told.map(({ status, incarnation, revision }) =>
          claim(b, status, { incarnation, revision, session: incarnation }),
        );
        const end = (sequence: readonly MemberClaim[]): unknown => {
          const member = scriptedMember();
          member.gossip(claim(b, 'alive', { incarnation: 1, session: 1 }), ...sequence);
          const { status, incarnation, revision } = member.machine.member(b) ?? {};
          return { status, incarnation, revision };
        };
        const shuffled = claims
          .map((item) => ({ item, key: order.next().value ?? 0 }))
          .sort((x, y) => x.key - y.key)
          .map(({ item }) => item);
        expect(end(shuffled)).toEqual(end(claims));
      }),
    );
  });

  it('W7: a graceful leave is told to all linked peers at once, and then asked to stop by', () => {
    const member = scriptedMember();
    member.meet(a, b, c);
    member.handle({ type: 'start', remembered: [] });
    const told = messagesOf(member.handle({ type: 'leave' }), 'gossip');
    expect(told.map(({ to }) => to)).toEqual([a, b, c]);
    expect(told[0]?.message.claims).toMatchObject([{ replicaId: member.self, status: 'left' }]);
    expect(member.pass(401)).toContainEqual({ type: 'left' });
    expect(messagesOf(member.pass(5000), 'ping')).toEqual([]);
    expect(notices(member.gossip(claim(member.self, 'left', { incarnation: 5, session: 1 })))).toEqual([]);
  });

  it('W7: a member that left is not suspected, and is known as gone', () => {
    const member = scriptedMember();
    member.meet(a, b);
    member.gossip(claim(b, 'left'));
    expect(member.machine.size).toBe(2);
    member.gossip(claim(b, 'suspect'));
    member.gossip(claim(b, 'dead'));
    expect(member.machine.member(b)?.status).toBe('left');
    member.handle({ type: 'linkDown', peer: b, isDeliberate: true });
    expect(
      notices(member.pass(60_000)).filter((notice) => 'replicaId' in notice && notice.replicaId === b),
    ).toEqual([]);
  });

  it('W7: the dead are remembered against old news for their time, then forgotten', () => {
    const member = scriptedMember({ deadMemoryMs: 100_000, exchangeIntervalMs: 10_000 });
    member.handle({ type: 'start', remembered: [] });
    member.gossip(claim(f, 'alive'));
    member.gossip(claim(f, 'dead'));
    member.pass(90_000);
    member.gossip(claim(f, 'alive'));
    expect(member.machine.member(f)?.status).toBe('dead');
    member.pass(30_000);
    expect(member.machine.member(f)).toBeUndefined();
    member.gossip(claim(f, 'alive'));
    expect(member.machine.member(f)?.status).toBe('alive');
  });

  it('W11: two processes with one identity are told of once, and the first one known is believed', () => {
    const member = scriptedMember();
    member.meet(a, b);
    const description = { addresses: ['ws://copy'], region: 'eu', capabilities: [] };
    const copy = claim(b, 'alive', { session: 8, revision: 3, description });
    const duplicate = {
      type: 'duplicateReplica',
      replicaId: b,
      incarnation: 1,
      addresses: [`ws://${b}`, 'ws://copy'],
    };
    expect(notices(member.gossip(copy))).toEqual([duplicate]);
    expect(notices(member.gossip(copy))).toEqual([]);
    expect(member.machine.member(b)?.session).toBe(7);
  });

  it('W11: a copy of this node’s own disk is told of, started as often or once more', () => {
    const member = scriptedMember();
    member.meet(a);
    const addresses = ['ws://self', `ws://${member.self}`];
    expect(notices(member.gossip(claim(member.self, 'alive', { incarnation: 5, session: 2 })))).toEqual([
      { type: 'duplicateReplica', replicaId: member.self, incarnation: 5, addresses },
    ]);
    member.hear(a, { type: 'exchange', parts: [], claims: [claim(a, 'alive')], reply: false });
    const effects = member.gossip(claim(member.self, 'alive', { incarnation: 6, session: 3 }));
    expect(notices(effects)).toEqual([
      { type: 'duplicateReplica', replicaId: member.self, incarnation: 6, addresses },
    ]);
  });

  it('W11: a restored backup learns of its later start, is told so once, and claims nothing more', () => {
    const member = scriptedMember();
    member.handle({ type: 'start', remembered: [] });
    member.handle({ type: 'linkUp', peer: a });
    member.gossip(claim(member.self, 'suspect', { incarnation: 5, session: 1 }));
    const own = claim(member.self, 'dead', { incarnation: 9, session: 77 });
    const effects = member.hear(a, {
      type: 'exchange',
      parts: [],
      claims: [claim(a, 'alive'), own],
      reply: false,
    });
    expect(notices(effects)).toEqual([{ type: 'incarnationWentBack', incarnation: 5, known: 9 }]);
    expect(notices(member.gossip(own))).toEqual([]);
  });

  it('W11: news of its own earlier starts does not trouble a node', () => {
    const member = scriptedMember();
    member.meet(a);
    const earlier = claim(member.self, 'dead', { incarnation: 4, session: 66, revision: 8 });
    expect(notices(member.gossip(earlier))).toEqual([]);
  });

  it('W13: more members than may be known are refused and told', () => {
    const member = scriptedMember({ maxMembers: 2 });
    expect(notices(member.gossip(claim(a, 'alive'), claim(b, 'alive'), claim(c, 'alive')))).toEqual([
      { type: 'tooManyMembers', replicaId: c },
    ]);
    expect(member.machine.members()).toHaveLength(2);
  });

  it('W13: members nobody has described are not taken in', () => {
    const member = scriptedMember();
    member.gossip(claim(a, 'suspect', { description: null }));
    expect(member.machine.members().filter(isLive)).toEqual([]);
  });

  it('W6: a change of description is told with a higher revision', () => {
    const member = scriptedMember();
    member.meet(a);
    member.pass(60_000);
    member.handle({
      type: 'describe',
      description: { addresses: ['ws://moved'], region: 'us', capabilities: [] },
    });
    const [told] = claimsAbout(member.pass(250), peer(selfNumber));
    expect(told).toMatchObject({ revision: 1, description: { addresses: ['ws://moved'], region: 'us' } });
  });
});
