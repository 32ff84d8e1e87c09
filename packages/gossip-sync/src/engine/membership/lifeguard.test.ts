import type { ReplicaId } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { defaultMembershipConfig, type MembershipConfig, withoutLifeguard } from './config.ts';
import type { MembershipEffect } from './events.ts';
import {
  claim,
  claimsAbout,
  messagesOf,
  notices,
  peer,
  type ScriptedMember,
  scriptedMember,
} from './membership-script.ts';

const peers = [1, 2, 3, 4, 5].map(peer);
const [a] = peers;

function started(config: Partial<MembershipConfig> = {}): ScriptedMember {
  const member = scriptedMember(config);
  member.meet(...peers);
  member.handle({ type: 'start', remembered: [] });
  return member;
}

/** Passes time up to and including the next ping. */
function untilPing(member: ScriptedMember): { to: ReplicaId; sequence: number; at: number } {
  for (let i = 0; i < 100_000; i++) {
    const [ping] = messagesOf(member.pass(1), 'ping');
    if (ping !== undefined) return { to: ping.to, sequence: ping.message.sequence, at: member.now };
  }
  throw new Error('no ping');
}

function suspicions(effects: readonly MembershipEffect[]): number {
  return notices(effects).filter(({ type }) => type === 'suspected').length;
}

describe('signs of life', () => {
  it('W16: a member that is heard is not suspected, though its answer is behind much else', () => {
    const quiet = started();
    const [silent, heard] = [untilPing(quiet), untilPing(started())];
    expect(silent.to).toBe(heard.to);
    expect(suspicions(quiet.pass(1001))).toBe(1);
    const member = started();
    const { to } = untilPing(member);
    member.pass(400);
    member.handle({ type: 'heard', peer: to });
    const effects = member.pass(601);
    expect([suspicions(effects), messagesOf(effects, 'pingRequest').length]).toEqual([0, 0]);
    expect(member.machine.healthScore).toBe(0);
  });

  it('W16: a suspect that is heard is not given up; when it falls silent it is', () => {
    const member = started();
    const suspect = peer(1);
    member.gossip(claim(suspect, 'suspect', { by: peer(3) }));
    const isDead = (): boolean => member.machine.member(suspect)?.status === 'dead';
    for (let second = 0; second < 120; second++) {
      member.handle({ type: 'heard', peer: suspect });
      member.pass(1000);
    }
    expect(isDead()).toBe(false);
    member.pass(60_000);
    expect(isDead()).toBe(true);
  });

  it('W16: that somebody has given up a member that is linked here is looked into here, and told to it', () => {
    const statusAfter = (isHeard: boolean): string | undefined => {
      const member = started();
      const given = peer(1);
      member.gossip(claim(given, 'dead', { by: peer(3) }));
      expect(member.machine.member(given)?.status).toBe('suspect');
      const told = new Set<string>();
      for (let second = 0; second < 60; second++) {
        if (isHeard) member.handle({ type: 'heard', peer: given });
        for (const { to, message } of messagesOf(member.pass(1000), 'ping'))
          if (to === given)
            for (const { replicaId, status } of message.claims) told.add(`${replicaId} ${status}`);
      }
      expect(told).toContain(`${given} suspect`);
      return member.machine.member(given)?.status;
    };
    expect([statusAfter(true), statusAfter(false)]).toEqual(['suspect', 'dead']);
    const unlinked = started();
    unlinked.handle({ type: 'linkDown', peer: peer(1), isDeliberate: false });
    unlinked.gossip(claim(peer(1), 'dead', { by: peer(3) }));
    expect(unlinked.machine.member(peer(1))?.status).toBe('dead');
  });
});

describe('Lifeguard', () => {
  it('W8: relays that do not even say nack make the node doubt itself, nacks do not', () => {
    const silent = started();
    untilPing(silent);
    silent.pass(1001);
    expect(silent.machine.healthScore).toBe(3);

    const heard = started();
    const { sequence } = untilPing(heard);
    for (const { to } of messagesOf(heard.pass(600), 'pingRequest'))
      heard.hear(to, { type: 'nack', sequence });
    expect(suspicions(heard.pass(500))).toBe(1);
    expect(heard.machine.healthScore).toBe(0);
  });

  it('W8: an answered probe gives a point back', () => {
    const member = started();
    member.handle({ type: 'lag', lagMs: 10_000 });
    expect(member.machine.healthScore).toBe(3);
    for (const score of [3, 2, 1, 0, 0]) {
      const { to, sequence } = untilPing(member);
      expect(member.machine.healthScore).toBe(score);
      member.hear(to, { type: 'ack', sequence, claims: [] });
    }
  });

  it('W8: the score stretches period and time-out', () => {
    const member = started();
    member.handle({ type: 'lag', lagMs: 310 });
    expect(member.machine.healthScore).toBe(2);
    const first = untilPing(member);
    member.hear(first.to, { type: 'ack', sequence: first.sequence, claims: [] });
    const second = untilPing(member);
    expect(second.at - first.at).toBe(3000);
    expect(messagesOf(member.pass(2 * 500 - 2), 'pingRequest')).toEqual([]);
    expect(messagesOf(member.pass(4), 'pingRequest')).not.toEqual([]);
  });

  it('W8: a node whose own timers come late reads its mail before it suspects anybody', () => {
    const member = started();
    const { sequence, to } = untilPing(member);
    // The loop was blocked: the answer waits on the socket, the timers come first.
    const effects = member.pass(1200, 2000);
    expect(suspicions(effects)).toBe(0);
    member.hear(to, { type: 'ack', sequence, claims: [] });
    expect(suspicions(member.pass(600))).toBe(0);
    expect(member.machine.member(to)?.status).toBe('alive');
    expect(member.machine.healthScore).toBeGreaterThan(0);
  });

  it('W8: a node that is always late still finds the dead', () => {
    const member = started();
    untilPing(member);
    let suspected = 0;
    for (let i = 0; i < 200; i++) suspected += suspicions(member.pass(100, 200));
    expect(suspected).toBeGreaterThan(0);
  });

  it('W8: without Lifeguard a late node accuses at once', () => {
    const member = started(withoutLifeguard(defaultMembershipConfig));
    untilPing(member);
    expect(suspicions(member.pass(1200, 2000))).toBeGreaterThan(0);
    expect(member.machine.healthScore).toBe(0);
  });

  it('W8: a suspicion whose timer comes late is put off, so that a refutation in the mail counts', () => {
    const member = scriptedMember();
    member.meet(...peers);
    member.gossip({ ...claimOf(member, a), status: 'suspect', by: peer(9), description: null });
    member.pass(24_000, 5000);
    expect(member.machine.member(peer(1))?.status).toBe('suspect');
    member.gossip({ ...claimOf(member, a), status: 'alive', revision: 1, by: null });
    member.pass(60_000);
    expect(member.machine.member(peer(1))?.status).toBe('alive');
  });

  it('W15: the suspect is told first, over its own link, and by every probe of it', () => {
    const member = started({ maxHealthScore: 0 });
    const { to } = untilPing(member);
    const effects = member.pass(1001);
    const told = messagesOf(effects, 'gossip').filter((message) => message.to === to);
    expect(claimsAbout(effects, to)[0]).toMatchObject({ status: 'suspect', by: member.self });
    expect(told).not.toEqual([]);
    // Long after the news has been sent as often as it may be.
    let pings = 0;
    for (let i = 0; i < 2000; i++) {
      for (const ping of messagesOf(member.pass(10), 'ping')) {
        const { sequence, claims } = ping.message;
        if (ping.to !== to) member.hear(ping.to, { type: 'ack', sequence, claims: [] });
        else if (member.machine.member(to)?.status === 'suspect') {
          pings++;
          expect(claims[0]).toMatchObject({ replicaId: to, status: 'suspect' });
        }
      }
    }
    expect(pings).toBeGreaterThan(1);
  });

  it('W15: without the buddy rule it is not told at once', () => {
    const told = (buddy: boolean): number => {
      const member = started({ buddy, gossipIntervalMs: 60_000 });
      const { to } = untilPing(member);
      return messagesOf(member.pass(1001), 'gossip').filter((message) => message.to === to).length;
    };
    expect(told(true)).toBe(1);
    expect(told(false)).toBe(0);
  });
});

describe('slow members', () => {
  const { probeTimeoutMs, slowMemoryMs, exchangeIntervalMs } = defaultMembershipConfig;
  const isSlowBy = (effects: readonly MembershipEffect[], member: ScriptedMember): boolean | undefined =>
    claimsAbout(effects, member.self).at(-1)?.description?.capabilities.includes('slow');

  it('W17: a node that was too late to answer a probe says so, and takes it back when it is well again', () => {
    const member = started();
    member.handle({ type: 'lag', lagMs: probeTimeoutMs });
    expect(isSlowBy(member.pass(1000), member)).not.toBe(true);
    member.handle({ type: 'lag', lagMs: probeTimeoutMs + 1 });
    expect(isSlowBy(member.pass(1000), member)).toBe(true);
    const again = slowMemoryMs / 2;
    member.pass(again);
    member.handle({ type: 'lag', lagMs: probeTimeoutMs + 1 });
    expect(isSlowBy(member.pass(slowMemoryMs - 1), member)).not.toBe(false);
    expect(isSlowBy(member.pass(2 * exchangeIntervalMs), member)).toBe(false);
  });

  it('W17: a member that says that it is slow has three times as long to object, and no longer than that', () => {
    const diesAfterMs = (capabilities: readonly string[]): number => {
      const member = scriptedMember({ maxHealthScore: 0 });
      member.meet(...peers);
      const slow = claim(peer(1), 'alive', { revision: 1 });
      const description = { addresses: ['ws://1'], region: '', capabilities };
      member.gossip({ ...slow, description });
      member.gossip({ ...slow, status: 'suspect', by: peer(9), description: null });
      for (let ms = 0; ; ms += 100) {
        if (member.machine.member(peer(1))?.status === 'dead') return ms;
        member.pass(100);
      }
    };
    const usual = diesAfterMs([]);
    expect(diesAfterMs(['slow'])).toBe(3 * usual);
    expect(diesAfterMs(['fast'])).toBe(usual);
  });
});

function claimOf(member: ScriptedMember, replicaId: ReplicaId | undefined) {
  const found = member.machine.claims().find((claim) => claim.replicaId === replicaId);
  if (found === undefined) throw new Error('unknown member');
  return found;
}
