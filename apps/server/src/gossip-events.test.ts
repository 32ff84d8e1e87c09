import { taggedError } from '@hearsay/core';
import type { NodeEvent } from '@hearsay/gossip-sync';
import { expect, test } from 'vitest';
import { Noted } from './gossip-events.ts';

type ChangeRefused = Extract<NodeEvent, { readonly type: 'changeRefused' }>;

test('A176: a peer whose deletions are stamped ahead raises one alarm, other refusals none', () => {
  const noted = new Noted('f'.repeat(32));
  const refused = (peer: string, code: 'STAMP_IN_FUTURE' | 'LIFE_ENDED'): ChangeRefused => ({
    type: 'changeRefused',
    peer: peer.repeat(32) as ChangeRefused['peer'],
    key: '0'.repeat(32) as ChangeRefused['key'],
    error: taggedError(code, 'why'),
  });
  expect(noted.take(refused('a', 'LIFE_ENDED'))).toBeNull();
  for (const peer of ['a', 'b']) {
    expect(noted.take(refused(peer, 'STAMP_IN_FUTURE'))).toMatchObject({
      code: 'CLOCK_SKEW',
      replicaId: peer.repeat(32),
    });
    expect(noted.take(refused(peer, 'STAMP_IN_FUTURE'))).toBeNull();
  }
  expect(noted.alarms.map(({ replicaId }) => replicaId[0])).toEqual(['a', 'b']);
});
