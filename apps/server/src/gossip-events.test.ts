import { taggedError } from '@hearsay/core';
import { closeCodes, type NodeEvent } from '@hearsay/gossip-sync';
import { expect, test } from 'vitest';
import { Noted } from './gossip-events.ts';
import { Time } from './testing/time.ts';

type ChangeRefused = Extract<NodeEvent, { readonly type: 'changeRefused' }>;
type LinkRefused = Extract<NodeEvent, { readonly type: 'linkRefused' }>;

const hour = 3_600_000;

function refused(peer: string, error: ChangeRefused['error']): ChangeRefused {
  return {
    type: 'changeRefused',
    peer: peer.repeat(32) as ChangeRefused['peer'],
    key: '0'.repeat(32) as ChangeRefused['key'],
    error,
  };
}

function ahead(peer: string, aheadMs: number): ChangeRefused {
  return refused(peer, { ...taggedError('STAMP_IN_FUTURE', 'why', true), aheadMs });
}

test('A176: a peer whose deletions are stamped ahead raises an alarm that says by how much, other refusals none', () => {
  const noted = new Noted('f'.repeat(32), new Time().clock);
  expect(noted.take(refused('a', taggedError('LIFE_ENDED', 'why')))).toBeNull();
  for (const [peer, aheadMs, told] of [
    ['a', 363_000, '6 min 3 s'],
    ['b', 7_200_000, '120 min 0 s'],
  ] as const) {
    const alarm = noted.take(ahead(peer, aheadMs));
    expect(alarm).toMatchObject({ code: 'CLOCK_SKEW', replicaId: peer.repeat(32) });
    expect(alarm?.message).toContain(`the clock of replica ${peer.repeat(32)} is ${told} ahead`);
    expect(noted.take(ahead(peer, aheadMs))).toBeNull();
  }
  expect(noted.told()).toMatchObject({
    alarms: [{ replicaId: 'a'.repeat(32) }, { replicaId: 'b'.repeat(32) }],
    alarmCounts: { CLOCK_SKEW: 2 },
    clockSkews: [
      { replicaId: 'a'.repeat(32), aheadMs: 363_000 },
      { replicaId: 'b'.repeat(32), aheadMs: 7_200_000 },
    ],
  });
});

test('A192: while clocks are apart that is told once an hour, and shown for an hour after it was seen last', () => {
  const time = new Time();
  const noted = new Noted('f'.repeat(32), time.clock);
  const alarms: unknown[] = [];
  for (let minute = 0; minute < 150; minute++) {
    if (noted.take(ahead('a', 600_000 - minute * 1000)) !== null) alarms.push(minute);
    time.pass(60_000);
  }
  expect(alarms).toEqual([0, 60, 120]);
  expect(noted.told().clockSkews).toMatchObject([{ aheadMs: 451_000 }]);
  time.pass(hour);
  expect(noted.told().clockSkews).toEqual([]);
});

test('A192: whoever claims to be many replicas fills no memory', () => {
  const noted = new Noted('f'.repeat(32), new Time().clock);
  for (let n = 0; n < 1000; n++) {
    const peer = n.toString(16).padStart(32, '0') as ChangeRefused['peer'];
    noted.take({ ...ahead('a', 600_000), peer });
  }
  expect(noted.told().clockSkews).toHaveLength(256);
  expect(noted.told().alarmCounts).toEqual({ CLOCK_SKEW: 256 });
});

const link: LinkRefused = {
  type: 'linkRefused',
  peer: 'a'.repeat(32) as ChangeRefused['peer'],
  direction: 'accepted',
  address: '192.0.2.7:5000',
  code: closeCodes.clockSkew,
  reason: 'the clocks are apart: there it is 2026-01-01T00:03:00.000Z, here 2026-01-01T00:00:00.000Z',
};

test('A192: a peer that is not let in because the clocks are apart raises the alarm too, with both times', () => {
  const noted = new Noted('f'.repeat(32), new Time().clock);
  const alarm = noted.take(link);
  expect(alarm).toMatchObject({ code: 'CLOCK_SKEW', replicaId: link.peer });
  expect(alarm?.message).toContain('there it is 2026-01-01T00:03:00.000Z, here 2026-01-01T00:00:00.000Z');
  expect(noted.take(link)).toBeNull();
  expect(noted.take({ ...link, code: closeCodes.wrongSecret })).toBeNull();
});

test('A193: where two nodes have one replica id, what is told names the addresses of both', () => {
  const noted = new Noted('f'.repeat(32), new Time().clock);
  const twins = ['ws://10.0.0.1:1234', 'ws://10.0.0.2:1234 (10.0.0.9:4000)'] as const;
  noted.take({ ...link, code: closeCodes.duplicateReplica, twins });
  expect(noted.told().refusals).toMatchObject([{ code: 'DUPLICATE_REPLICA', twins }]);
  const event = { type: 'duplicateReplica', incarnation: 3, addresses: ['ws://a', 'ws://b'] } as const;
  const alarm = noted.take({ ...event, replicaId: 'b'.repeat(32) as ChangeRefused['peer'] });
  expect(alarm?.message).toContain(`the replica id ${'b'.repeat(32)}, at ws://a and ws://b:`);
});
