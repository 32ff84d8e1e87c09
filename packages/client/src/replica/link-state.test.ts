import type { ReplicaId } from '@hearsay/core';
import { closeCodes, type NodeEvent } from '@hearsay/gossip-sync';
import { describe, expect, test } from 'vitest';
import { LinkState } from './link-state.ts';

const peer = '1'.repeat(32) as ReplicaId;
const linked: NodeEvent = { type: 'peerLinked', peer, direction: 'dialled', address: 'x' };
const compared: NodeEvent = { type: 'repairCompared', peer, session: 1, mine: 3, theirs: 10 };
const ended = (outcome: 'equal' | 'writes'): NodeEvent => ({
  type: 'repairEnded',
  peer,
  session: 1,
  outcome,
  reason: null,
  moved: 0,
  failed: 0,
  rounds: 0,
  walked: false,
  durationMs: 1,
});

describe('the state of the link', () => {
  test('O52: a first synchronisation, from the call to the proof', () => {
    const state = new LinkState();
    expect([state.state, state.progress(3)]).toEqual(['offline', null]);
    state.dialled('ws://a');
    expect([state.state, state.server]).toEqual(['connecting', 'ws://a']);
    state.took(linked);
    expect([state.state, state.progress(3)]).toEqual(['catching-up', null]);
    state.took(compared);
    expect(state.progress(3)).toEqual({ documents: 3, of: 10 });
    expect(state.progress(30)).toEqual({ documents: 10, of: 10 });
    state.took(ended('writes'));
    expect(state.state).toBe('catching-up');
    state.took(ended('equal'));
    expect([state.state, state.progress(10)]).toEqual(['live', null]);
    state.took(compared);
    expect(state.state).toBe('live');
  });

  test('O52: equality that the server has found counts as well', () => {
    const state = new LinkState();
    state.took(linked);
    expect(state.took({ type: 'provenEqual', peer })).toBe(true);
    expect(state.state).toBe('live');
  });

  test.each([
    [closeCodes.goingAway, 'offline'],
    [1006, 'offline'],
    [closeCodes.overloaded, 'offline'],
    [closeCodes.notPermitted, 'refused'],
    [closeCodes.wrongCluster, 'refused'],
  ])('O52: a link that ends with %i leaves it %s, and says why', (code, expected) => {
    const state = new LinkState();
    state.took(linked);
    state.took({ type: 'peerUnlinked', peer, code, reason: 'because' });
    expect([state.state, state.reason]).toEqual([expected, 'because']);
    state.dialled('ws://b');
    state.took({ type: 'dialFailed', address: 'x', code, reason: 'again' });
    expect([state.state, state.reason]).toEqual([expected, 'again']);
    state.took(linked);
    expect(state.reason).toBeNull();
  });

  test('O52: where this side breaks off, its own reason counts', () => {
    const state = new LinkState();
    state.dialled('ws://a');
    state.blame('no token: offline');
    state.took({ type: 'dialFailed', address: 'x', code: closeCodes.handshakeTimeout, reason: 'broken off' });
    expect([state.state, state.reason]).toEqual(['offline', 'no token: offline']);
    state.dialled('ws://b');
    state.took({ type: 'dialFailed', address: 'x', code: 1006, reason: 'not there' });
    expect(state.reason).toBe('not there');
  });

  test('O52: a storage that fails ends it', () => {
    const state = new LinkState();
    state.took({ type: 'storeFailed', error: new Error('gone') });
    expect([state.state, state.reason]).toEqual(['failed', 'gone']);
  });
});
