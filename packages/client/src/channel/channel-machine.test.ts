import { emptyBytes } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { clientFrames } from '../wire/client-frames.ts';
import type { ServerMessage } from '../wire/server-frames.ts';
import { ChannelMachine } from './channel-machine.ts';
import type { ChannelEffect, ChannelEvent, Lineage } from './channel-types.ts';

const update = Uint8Array.of(1);

/** A machine, and what of its edits is durable. */
class Drive {
  readonly stored = new Set<string>();
  readonly machine: ChannelMachine;

  constructor(lineage: Lineage = { life: 0, cluster: '' }, renewsToken = false) {
    const isStored = (key: string): boolean => this.stored.has(key);
    this.machine = new ChannelMachine({ channel: 'doc', lineage, renewsToken, isStored });
  }

  handle(event: ChannelEvent): ChannelEffect[] {
    return this.machine.handle(event).filter(({ type }) => type !== 'changed');
  }

  hear(message: ServerMessage): ChannelEffect[] {
    return this.handle({ type: 'message', message });
  }

  logIn(isEmpty = false): ChannelEffect[] {
    const [asked] = this.handle({ type: 'up', isEmpty });
    const login = asked?.type === 'askToken' ? asked.login : -1;
    return this.handle({ type: 'token', login, token: 't' });
  }

  welcome(life: number, cluster = 'c'): ChannelEffect[] {
    return this.hear({ type: 'welcome', life, cluster, replicaId: 'ab' });
  }

  /** Logged in, welcomed, with everything exchanged. */
  live(life = 1): void {
    this.logIn();
    this.hear({ type: 'authenticated', mayWrite: true });
    this.welcome(life);
    this.hear({ type: 'sync', step: 'step2', payload: emptyBytes });
    this.hear({ type: 'sync', step: 'step1', payload: emptyBytes });
    this.handle({ type: 'difference', update: emptyBytes, keys: [] });
    this.hear({ type: 'status', saved: true });
  }

  edit(...keys: string[]): ChannelEffect[] {
    return this.handle({ type: 'edited', keys, update });
  }

  store(...keys: string[]): ChannelEffect[] {
    for (const key of keys) this.stored.add(key);
    return this.handle({ type: 'stored' });
  }
}

const names = (effects: readonly ChannelEffect[]): string[] => effects.map(({ type }) => type);

const delivered = (effects: readonly ChannelEffect[]): (readonly string[])[] =>
  effects.flatMap((effect) => (effect.type === 'deliver' ? [effect.delivery.keys] : []));

describe('a channel', () => {
  test('O27: logs in, tells which life its copy is of, then what it has', () => {
    const drive = new Drive({ life: 3, cluster: 'c' });
    expect(drive.logIn()).toEqual([
      { type: 'send', frame: clientFrames.token('doc', 't') },
      { type: 'send', frame: clientFrames.greet('doc', 3) },
      { type: 'sendStep1' },
      { type: 'announcePresence' },
    ]);
    const empty = new Drive({ life: 3, cluster: 'c' });
    expect(empty.logIn(true)).toContainEqual({ type: 'send', frame: clientFrames.greet('doc', 0) });
  });

  test('O28: nothing of the document is taken or given before it is known which life the server has', () => {
    const drive = new Drive({ life: 3, cluster: 'c' });
    drive.logIn();
    drive.hear({ type: 'authenticated', mayWrite: true });
    expect(drive.hear({ type: 'sync', step: 'step1', payload: emptyBytes })).toEqual([]);
    expect(drive.hear({ type: 'sync', step: 'update', payload: update })).toEqual([]);
    expect(names(drive.welcome(3))).toEqual(['answer', 'apply']);
    for (const [life, cluster] of [
      [4, 'c'],
      [3, 'other'],
    ] as const) {
      const stale = new Drive({ life: 3, cluster: 'c' });
      stale.logIn();
      stale.hear({ type: 'sync', step: 'step1', payload: emptyBytes });
      expect(names(stale.welcome(life, cluster))).toEqual(['reset']);
      expect(stale.hear({ type: 'sync', step: 'step2', payload: update })).toEqual([]);
      expect(stale.logIn()).toEqual([]);
    }
  });

  test('O28: a server that does not welcome is trusted with a copy of no life alone', () => {
    const drive = new Drive();
    drive.logIn();
    drive.hear({ type: 'authenticated', mayWrite: true });
    expect(drive.hear({ type: 'sync', step: 'step1', payload: emptyBytes })).toEqual([]);
    expect(names(drive.hear({ type: 'sync', step: 'step2', payload: update }))).toEqual(['answer', 'apply']);
    expect(drive.machine.state).toEqual({ name: 'live', mayWrite: true });
    const known = new Drive({ life: 3, cluster: 'c' });
    known.logIn();
    expect(known.hear({ type: 'sync', step: 'step2', payload: update })).toEqual([]);
    expect(known.machine.state).toMatchObject({ name: 'refused', code: 'NO_LIVES' });
  });

  test('O29: the life is remembered, also of a document that its first edit made', () => {
    const drive = new Drive();
    drive.logIn();
    expect(drive.welcome(0)).toEqual([]);
    expect(drive.welcome(5)).toEqual([{ type: 'remember', lineage: { life: 5, cluster: 'c' } }]);
    expect(drive.hear({ type: 'reset', life: 6, reason: 'created anew' })).toEqual([
      { type: 'reset', reason: 'created anew', life: 6 },
    ]);
    const closed = new Drive();
    closed.live();
    expect(closed.hear({ type: 'closed', reason: 'LIFE_ENDED: it was deleted' })).toEqual([
      { type: 'reset', reason: 'deleted', life: 0 },
    ]);
  });

  test('O30: nothing is sent before it is durable here, and nothing overtakes', () => {
    const drive = new Drive();
    drive.live();
    expect(drive.edit('a')).toEqual([]);
    expect(drive.edit('b')).toEqual([]);
    expect(drive.store('b')).toEqual([]);
    expect(delivered(drive.store('a'))).toEqual([['a', 'b']]);
    drive.stored.add('c');
    expect(delivered(drive.edit('c'))).toEqual([['c']]);
    expect(drive.hear({ type: 'status', saved: true })).toEqual([{ type: 'saved', keys: ['a', 'b'] }]);
    expect(drive.hear({ type: 'status', saved: false })).toEqual([]);
  });

  test('O30: an answer to nothing counts for nothing, also where levels are asked for', () => {
    const drive = new Drive();
    drive.live();
    for (let rest = 5; rest > 0; rest--) expect(drive.hear({ type: 'status', saved: true })).toEqual([]);
    const asked = drive.handle({ type: 'want', id: 'w', level: { nodes: 2, regions: false } });
    expect(asked).toEqual([
      { type: 'send', frame: clientFrames.want('doc', 1, { nodes: 2, regions: false }) },
    ]);
  });

  test('O31: after a connection is lost everything that was not answered is in the next answer', () => {
    const drive = new Drive();
    drive.live();
    drive.stored.add('a');
    drive.edit('a');
    drive.handle({ type: 'down' });
    expect(drive.hear({ type: 'status', saved: true })).toEqual([]);
    drive.logIn();
    drive.hear({ type: 'authenticated', mayWrite: true });
    drive.welcome(1);
    expect(names(drive.hear({ type: 'sync', step: 'step1', payload: emptyBytes }))).toEqual(['answer']);
    drive.edit('b');
    expect(delivered(drive.handle({ type: 'difference', update, keys: ['a', 'b'] }))).toEqual([]);
    expect(delivered(drive.store('b'))).toEqual([['a', 'b']]);
  });

  test('O32: levels are asked for once the server has all that was here, and anew on every connection', () => {
    const drive = new Drive();
    drive.live();
    const level = { nodes: 2, regions: false };
    const asked = { type: 'send', frame: clientFrames.want('doc', 1, level) };
    expect(drive.handle({ type: 'want', id: 'w', level })).toEqual([asked]);
    const reached = { type: 'reached', upTo: 1, nodes: 2, regions: false } as const;
    expect(drive.hear({ ...reached, nodes: 1 })).toEqual([]);
    expect(drive.hear({ ...reached, upTo: 0 })).toEqual([]);
    drive.handle({ type: 'down' });
    drive.logIn();
    drive.hear({ type: 'authenticated', mayWrite: true });
    drive.welcome(1);
    drive.hear({ type: 'sync', step: 'step1', payload: emptyBytes });
    expect(drive.hear(reached)).toEqual([]);
    expect(names(drive.handle({ type: 'difference', update, keys: [] }))).toEqual(['deliver']);
    expect(drive.hear({ type: 'status', saved: true })).toEqual([asked]);
    expect(drive.hear(reached)).toEqual([{ type: 'reached', id: 'w' }]);
    expect(drive.hear(reached)).toEqual([]);
  });

  test('O33: a refused token is renewed once where it can be; then the refusal stands until it is asked again', () => {
    const drive = new Drive(undefined, true);
    drive.logIn();
    expect(names(drive.hear({ type: 'denied', reason: 'over' }))).toEqual(['askToken']);
    expect(drive.hear({ type: 'denied', reason: 'over' })).toEqual([]);
    expect(drive.machine.state).toEqual({ name: 'refused', code: 'PERMISSION_DENIED', reason: 'over' });
    drive.handle({ type: 'down' });
    expect(drive.handle({ type: 'up', isEmpty: false })).toEqual([]);
    expect(names(drive.handle({ type: 'retry', isUp: true }))).toEqual(['askToken']);
    const fixed = new Drive();
    fixed.logIn();
    fixed.hear({ type: 'denied', reason: 'no' });
    expect(fixed.machine.state.name).toBe('refused');
  });

  test('O33: a token that is about to end is renewed without a new greeting; what it allows is told', () => {
    const drive = new Drive();
    drive.live();
    const [asked] = drive.hear({ type: 'renewLogin' });
    const login = asked?.type === 'askToken' ? asked.login : -1;
    expect(drive.handle({ type: 'token', login: login - 1, token: 'late' })).toEqual([]);
    expect(drive.handle({ type: 'token', login, token: 'n' })).toEqual([
      { type: 'send', frame: clientFrames.token('doc', 'n') },
    ]);
    drive.hear({ type: 'authenticated', mayWrite: false });
    expect(drive.machine.state).toEqual({ name: 'live', mayWrite: false });
    drive.stored.add('a');
    expect(drive.edit('a')).toEqual([]);
    // With the right back, the server is asked what it lacks.
    expect(names(drive.hear({ type: 'authenticated', mayWrite: true }))).toEqual(['sendStep1']);
  });
});
