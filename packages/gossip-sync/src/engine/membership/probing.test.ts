import type { ReplicaId } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import type { MembershipConfig } from './config.ts';
import {
  claim,
  messagesOf,
  notices,
  peer,
  type ScriptedMember,
  scriptedMember,
} from './membership-script.ts';

const [a, b, c, d, e] = [peer(1), peer(2), peer(3), peer(4), peer(5)];

/** A started node with links to the given peers; the first ping is still to come. */
function started(config: Partial<MembershipConfig>, ...peers: readonly ReplicaId[]): ScriptedMember {
  const member = scriptedMember(config);
  member.meet(...peers);
  member.handle({ type: 'start', remembered: [] });
  return member;
}

/** Passes time until the next ping, and returns it. */
function nextPing(member: ScriptedMember, answers: boolean): { to: ReplicaId; sequence: number } {
  for (let i = 0; i < 10_000; i++) {
    const [ping] = messagesOf(member.pass(10), 'ping');
    if (ping === undefined) continue;
    const { sequence } = ping.message;
    if (answers) member.hear(ping.to, { type: 'ack', sequence, claims: [] });
    return { to: ping.to, sequence };
  }
  throw new Error('no ping');
}

describe('probing', () => {
  it('W1: one member is pinged in each period, in rounds', () => {
    const member = started({}, a, b, c);
    const pinged = Array.from({ length: 6 }, () => nextPing(member, true).to);
    expect(new Set(pinged.slice(0, 3))).toEqual(new Set([a, b, c]));
    expect(new Set(pinged.slice(3))).toEqual(new Set([a, b, c]));
    expect(notices(member.pass(900))).toEqual([]);
  });

  it('W2: a ping is answered with its number', () => {
    const member = started({}, a);
    expect(messagesOf(member.hear(a, { type: 'ping', sequence: 42, claims: [] }), 'ack')).toMatchObject([
      { to: a, message: { sequence: 42 } },
    ]);
  });

  it('W2: an unanswered ping is repeated through three others after the time-out', () => {
    const member = started({}, a, b, c, d, e);
    const { to, sequence } = nextPing(member, false);
    expect(messagesOf(member.pass(489), 'pingRequest')).toEqual([]);
    const requests = messagesOf(member.pass(20), 'pingRequest');
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map((request) => request.to)).size).toBe(3);
    for (const request of requests) {
      expect(request.to).not.toBe(to);
      expect(request.message).toMatchObject({ target: to, sequence });
    }
    const [first] = requests;
    if (first === undefined) throw new Error('no request');
    member.hear(first.to, { type: 'ack', sequence, claims: [] });
    expect(notices(member.pass(600))).toEqual([]);
    expect(member.machine.member(to)?.status).toBe('alive');
  });

  it('W3: a relay pings for another and passes the answer on, late ones too', () => {
    const member = started({}, a, b);
    const effects = member.hear(a, { type: 'pingRequest', sequence: 9, target: b, claims: [] });
    const [ping] = messagesOf(effects, 'ping');
    if (ping === undefined) throw new Error('no ping');
    expect(ping.to).toBe(b);
    expect(messagesOf(member.pass(401), 'nack')).toEqual([{ to: a, message: { type: 'nack', sequence: 9 } }]);
    const { sequence } = ping.message;
    expect(messagesOf(member.hear(b, { type: 'ack', sequence, claims: [] }), 'ack')).toMatchObject([
      { to: a, message: { sequence: 9 } },
    ]);
    expect(member.hear(b, { type: 'ack', sequence, claims: [] })).toEqual([]);
  });

  it('W3: a relay without a link to the target says so at once', () => {
    const member = started({}, a);
    expect(
      messagesOf(member.hear(a, { type: 'pingRequest', sequence: 9, target: b, claims: [] }), 'nack'),
    ).toHaveLength(1);
  });

  it('W4: a member that answers neither directly nor through others is suspected at the end of the period', () => {
    const member = started({}, a, b);
    const { to } = nextPing(member, false);
    expect(notices(member.pass(950)).filter(({ type }) => type === 'suspected')).toEqual([]);
    expect(notices(member.pass(100))).toContainEqual({ type: 'suspected', replicaId: to, by: member.self });
    expect(member.machine.member(to)?.status).toBe('suspect');
  });

  it('W4: at most one new suspicion in a period, however many links are lost at once', () => {
    const member = started({}, a, b, c, d, e);
    for (const lost of [a, b, c, d]) member.handle({ type: 'linkDown', peer: lost, isDeliberate: false });
    for (let period = 0; period < 8; period++) {
      const suspected = notices(member.pass(1000)).filter(({ type }) => type === 'suspected');
      expect(suspected.length).toBeLessThanOrEqual(1);
    }
  });

  it('W4: a lost link is looked into first: dialled and asked for, one closed on purpose is not', () => {
    const member = started({ probeIntervalMs: 1000 }, a, b, c, d, e);
    nextPing(member, true);
    member.handle({ type: 'linkDown', peer: e, isDeliberate: true });
    member.handle({ type: 'linkDown', peer: c, isDeliberate: false });
    const effects = member.pass(1001);
    expect(effects).toContainEqual({ type: 'dial', peer: c, addresses: [`ws://${c}`], reason: 'probe' });
    expect(new Set(messagesOf(effects, 'pingRequest').map(({ message }) => message.target))).toEqual(
      new Set([c]),
    );
    member.handle({ type: 'linkUp', peer: c });
    expect(notices(member.pass(1001))).toEqual([]);
  });

  it('W4: without any link nobody is suspected', () => {
    const member = started({}, a, b);
    for (const lost of [a, b]) member.handle({ type: 'linkDown', peer: lost, isDeliberate: false });
    expect(notices(member.pass(60_000))).toEqual([]);
  });

  it('W12: a member without a link is probed seldom, by dialling and through others, ever more seldom in vain', () => {
    const member = started({ unlinkedProbeIntervalMs: 30_000 }, a, b);
    member.gossip(claim(d, 'alive'));
    const dials: number[] = [];
    for (let step = 0, revision = 0; step < 6000; step++) {
      const effects = member.pass(100);
      for (const { to, message } of messagesOf(effects, 'ping')) {
        member.hear(to, { type: 'ack', sequence: message.sequence, claims: [] });
      }
      for (const effect of effects) {
        if (effect.type === 'dial' && effect.peer === d) dials.push(member.now);
        // It lives, beyond reach from here.
        if (effect.type === 'notice' && effect.notice.type === 'suspected') {
          member.gossip(claim(d, 'alive', { revision: ++revision }));
        }
      }
    }
    expect(dials.length).toBeGreaterThanOrEqual(3);
    const pauses = dials.slice(1).map((at, index) => at - (dials[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThan(55_000);
    expect(pauses[1]).toBeGreaterThan((pauses[0] ?? 0) * 1.5);
  });

  it('W12: of many members without a link one is probed in each interval', () => {
    const member = started({ unlinkedProbeIntervalMs: 30_000 }, a);
    member.gossip(...[11, 12, 13, 14, 15].map((number) => claim(peer(number), 'alive')));
    let dials = 0;
    for (let step = 0; step < 900; step++) {
      const effects = member.pass(100);
      dials += effects.filter((effect) => effect.type === 'dial' && effect.reason === 'probe').length;
      for (const { to, message } of messagesOf(effects, 'ping')) {
        member.hear(to, { type: 'ack', sequence: message.sequence, claims: [] });
      }
    }
    expect(dials).toBe(2);
  });

  it('W12: a dial-only member is never dialled', () => {
    const member = started({ unlinkedProbeIntervalMs: 1000, reconnectIntervalMs: 1000 }, a, b);
    const description = { addresses: ['ws://nat'], region: '', capabilities: ['dial-only'] };
    member.gossip(claim(d, 'alive', { description }));
    const effects = member.pass(20_000);
    expect(messagesOf(effects, 'pingRequest').some(({ message }) => message.target === d)).toBe(true);
    member.gossip(claim(d, 'dead', { description }));
    const dials = [...effects, ...member.pass(20_000)].filter((effect) => effect.type === 'dial');
    expect(dials).toEqual([]);
  });
});
