import { describe, expect, it } from 'vitest';
import { defaultMembershipConfig } from './config.ts';
import type { MembershipEffect } from './events.ts';
import { claim, messagesOf, peer, scriptedMember } from './membership-script.ts';
import { listParts } from './messages.ts';

const [a, b, c] = [peer(1), peer(2), peer(3)];
const everyPart = Array.from({ length: listParts }, (_, part) => part);
/** Above the node's own number, so that the node begins the comparison. */
const later = peer(200);

function dials(effects: readonly MembershipEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === 'dial' ? [`${effect.reason} ${effect.addresses.join(' ')}`] : [],
  );
}

describe('joining and lists', () => {
  it('W10: seeds are dialled until a link is up, with growing pauses', () => {
    const member = scriptedMember(
      { joinRetryMs: 1000, joinRetryMaxMs: 8000 },
      { seeds: ['ws://s1', 'ws://s2'] },
    );
    expect(dials(member.handle({ type: 'start', remembered: [] })).sort()).toEqual([
      'join ws://s1',
      'join ws://s2',
    ]);
    const times: number[] = [];
    while (member.now < 60_000) {
      if (dials(member.pass(50)).length > 0) times.push(member.now);
    }
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(8050);
    expect(Math.max(...pauses)).toBeGreaterThan(3900);
    expect(times[0]).toBeLessThanOrEqual(1050);
    member.handle({ type: 'linkUp', peer: a });
    expect(dials(member.pass(60_000)).filter((dial) => dial.startsWith('join'))).toEqual([]);
  });

  it('W10: without live seeds the members of the last run are dialled, and when all links are lost the known ones', () => {
    const member = scriptedMember({}, { seeds: [] });
    const remembered = [claim(member.self, 'alive'), claim(a, 'dead')];
    expect(dials(member.handle({ type: 'start', remembered }))).toEqual([`join ws://${a}`]);
    member.pass(5000);
    member.meet(b);
    member.pass(1500);
    expect(dials(member.handle({ type: 'linkDown', peer: b, isDeliberate: true }))).toEqual([
      `join ws://${b}`,
    ]);
  });

  it('W10: a comparison of equal lists ends with its digest', () => {
    const member = scriptedMember();
    member.gossip(claim(a, 'alive'), claim(later, 'alive'));
    const [compare] = messagesOf(member.handle({ type: 'linkUp', peer: later }), 'compare');
    if (compare === undefined) throw new Error('no comparison');
    expect(compare.message.digest).toMatch(/^[0-9a-f]{32}$/);
    expect(messagesOf(member.hear(later, compare.message), 'exchange')).toEqual([]);
    expect(messagesOf(member.handle({ type: 'linkUp', peer: a }), 'compare')).toEqual([]);
  });

  it('W10: who joins begins the comparison, whoever it is linked to', () => {
    const below = peer(1);
    const member = scriptedMember();
    expect(below < member.self).toBe(true);
    expect(messagesOf(member.handle({ type: 'linkUp', peer: below }), 'compare')).toHaveLength(1);
    // The next one is asked when the first has had time to answer.
    expect(messagesOf(member.handle({ type: 'linkUp', peer: peer(2) }), 'compare')).toEqual([]);
    member.pass(300);
    expect(messagesOf(member.handle({ type: 'linkUp', peer: peer(3) }), 'compare')).toHaveLength(1);
  });

  it.each([
    [20, 1],
    [320, 0],
  ])(
    'W10: among %i members, links that follow one another lead to a comparison each or not',
    (count, comparisons) => {
      const member = scriptedMember();
      const claims = Array.from({ length: count }, (_, index) => claim(peer(1000 + index), 'alive'));
      member.hear(later, { type: 'exchange', parts: everyPart, claims, reply: false });
      const linked = (to: number): number =>
        messagesOf(member.handle({ type: 'linkUp', peer: peer(to) }), 'compare').length;
      expect(linked(1000)).toBe(1);
      expect(linked(1001)).toBe(comparisons);
      // Of whom nothing is known there may be much to learn, yet not from each of many.
      expect(linked(9998)).toBe(comparisons);
      member.pass((defaultMembershipConfig.linkCompareMs * 4) / 10);
      expect(linked(1003)).toBe(comparisons);
      expect(linked(9999)).toBe(1);
      member.pass(defaultMembershipConfig.linkCompareMs * 4);
      expect(linked(1002)).toBe(1);
    },
  );

  it('W10: of different lists the parts that differ are exchanged, and become equal', () => {
    const one = scriptedMember();
    one.gossip(claim(a, 'alive'), claim(b, 'left'));
    const [asked] = messagesOf(one.hear(later, { type: 'compare', digest: 'other' }), 'compareParts');
    expect(asked?.message.digests).toHaveLength(listParts);
    const equal = one.hear(later, { type: 'compareParts', digests: asked?.message.digests ?? [] });
    expect(messagesOf(equal, 'exchange')).toEqual([]);
    const [reply] = messagesOf(one.hear(later, { type: 'compareParts', digests: [] }), 'exchange');
    expect(reply?.message.reply).toBe(true);
    expect(reply?.message.claims.map(({ replicaId, status }) => [replicaId, status])).toEqual([
      [one.self, 'alive'],
      [a, 'alive'],
      [b, 'left'],
    ]);
    const list = [claim(later, 'alive'), claim(c, 'alive')];
    const told = { type: 'exchange', parts: everyPart, claims: list } as const;
    const [back] = messagesOf(one.hear(later, { ...told, reply: true }), 'exchange');
    expect(back?.message).toEqual({ ...reply?.message, reply: false });
    expect(one.machine.size).toBe(4);
    expect(messagesOf(one.hear(later, { ...told, reply: false }), 'exchange')).toEqual([]);
  });

  it('W10: one difference among many members costs the few of its part', () => {
    const one = scriptedMember();
    const digestsOf = (): readonly string[] =>
      messagesOf(one.hear(later, { type: 'compare', digest: 'other' }), 'compareParts')[0]?.message.digests ??
      [];
    const many = Array.from({ length: 640 }, (_, index) => claim(peer(1000 + index), 'alive'));
    one.hear(later, { type: 'exchange', parts: everyPart, claims: many, reply: false });
    const before = digestsOf();
    one.gossip(claim(peer(1000), 'alive', { revision: 1 }));
    const [sent] = messagesOf(one.hear(later, { type: 'compareParts', digests: before }), 'exchange');
    expect(sent?.message.parts).toHaveLength(1);
    expect(sent?.message.claims).toHaveLength(10);
    expect(sent?.message.claims).toContainEqual(claim(peer(1000), 'alive', { revision: 1 }));
  });

  it('W10: suspicion and memories of the dead do not make lists differ', () => {
    const digest = (prepare: (member: ReturnType<typeof scriptedMember>) => void): string => {
      const member = scriptedMember();
      member.gossip(claim(a, 'alive'), claim(b, 'alive'));
      prepare(member);
      const [compare] = messagesOf(member.handle({ type: 'linkUp', peer: later }), 'compare');
      return compare?.message.digest ?? '';
    };
    const plain = digest(() => undefined);
    expect(digest((member) => member.gossip(claim(a, 'suspect')))).toBe(plain);
    expect(digest((member) => member.gossip(claim(c, 'dead')))).toBe(plain);
    expect(digest((member) => member.gossip(claim(c, 'alive')))).not.toBe(plain);
    expect(digest((member) => member.gossip(claim(a, 'alive', { revision: 1 })))).not.toBe(plain);
    expect(digest((member) => member.gossip(claim(a, 'dead')))).not.toBe(plain);
  });

  it('W10: a death read from a list is a suspicion at first, so that the member can object', () => {
    const member = scriptedMember();
    member.meet(a, b);
    member.hear(a, {
      type: 'exchange',
      parts: everyPart,
      claims: [claim(a, 'alive'), claim(b, 'dead', { by: c })],
      reply: false,
    });
    expect(member.machine.member(b)).toMatchObject({ status: 'suspect', by: c });
    member.hear(a, { type: 'exchange', parts: everyPart, claims: [claim(c, 'dead')], reply: false });
    expect(member.machine.member(c)?.status).toBe('dead');
  });

  it('W10: a joiner does not tell a cluster about itself what it has just been told', () => {
    const joiner = scriptedMember();
    joiner.handle({ type: 'start', remembered: [] });
    joiner.handle({ type: 'linkUp', peer: a });
    const list = [1, 2, 3, 4, 5, 6].map((number) => claim(peer(number), 'alive'));
    joiner.hear(a, { type: 'exchange', parts: everyPart, claims: list, reply: true });
    const told = messagesOf(joiner.pass(900), 'gossip').flatMap(({ message }) => message.claims);
    expect(new Set(told.map(({ replicaId }) => replicaId))).toEqual(new Set([joiner.self, a]));
  });

  it('W10: of two clusters that meet each tells on about the other', () => {
    const member = scriptedMember();
    member.meet(a, b, c);
    member.pass(10_000);
    const list = [201, 202, 203].map((number) => claim(peer(number), 'alive'));
    member.hear(peer(201), { type: 'exchange', parts: everyPart, claims: list, reply: false });
    const told = messagesOf(member.pass(1000), 'gossip').flatMap(({ message }) => message.claims);
    expect(new Set(told.map(({ replicaId }) => replicaId))).toEqual(new Set([201, 202, 203].map(peer)));
  });

  it('W9: news goes to so many peers each interval, and when it is told no timer runs for it', () => {
    const member = scriptedMember({ gossipIntervalMs: 200, gossipFanOut: 3, retransmitMultiplier: 20 });
    const wakes = (effects: readonly MembershipEffect[]): number =>
      effects.filter((effect) => effect.type === 'wake' && effect.timer.type === 'gossip').length;
    expect(wakes(member.gossip(claim(a, 'alive')))).toBe(0);
    member.meet(...[2, 3, 4, 5, 6].map(peer));
    expect(messagesOf(member.pass(199), 'gossip')).toEqual([]);
    for (let tick = 0; tick < 3; tick++) {
      const told = messagesOf(member.pass(tick === 0 ? 2 : 200), 'gossip');
      expect(new Set(told.map(({ to }) => to)).size).toBe(3);
      expect(told).toHaveLength(3);
    }
    member.pass(10_000);
    expect(wakes(member.pass(10_000))).toBe(0);
    expect(wakes(member.gossip(claim(b, 'alive', { revision: 1 })))).toBe(1);
    expect(wakes(member.gossip(claim(c, 'alive', { revision: 1 })))).toBe(0);
  });

  it('W10: lists are compared with somebody at intervals', () => {
    const member = scriptedMember({ exchangeIntervalMs: 10_000 });
    member.meet(a, b);
    member.handle({ type: 'start', remembered: [] });
    const count = messagesOf(member.pass(100_000), 'compare').length;
    expect(count).toBeGreaterThanOrEqual(8);
    expect(count).toBeLessThanOrEqual(13);
  });

  it('W7: the dead are dialled again now and then, those who left are not', () => {
    const member = scriptedMember({ reconnectIntervalMs: 1000 });
    member.meet(a);
    member.gossip(claim(b, 'alive'), claim(c, 'alive'), claim(b, 'dead'), claim(c, 'left'));
    member.handle({ type: 'start', remembered: [] });
    const tried = dials(member.pass(20_000)).filter((dial) => dial.startsWith('reconnect'));
    expect(new Set(tried)).toEqual(new Set([`reconnect ws://${b}`]));
  });
});
