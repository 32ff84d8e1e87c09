import { createRandom, type ReplicaId } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { activeViewSize, defaultViewsConfig, type ViewsConfig, viewsSettings } from './config.ts';
import type { ViewsEffect, ViewsEvent } from './events.ts';
import type { PeerContact, ViewsMessage } from './messages.ts';
import { nodeId } from './overlay-pump.ts';
import { createViewsMachine, type ViewsMachine } from './views-machine.ts';

function contact(number: number): PeerContact {
  return { replicaId: nodeId(number), addresses: [`ws://${number}`] };
}

interface Scripted {
  readonly machine: ViewsMachine;
  handle(event: ViewsEvent): readonly ViewsEffect[];
  hear(from: number, message: ViewsMessage): readonly ViewsEffect[];
  /** Links the peers and has each ask to become a neighbour. */
  befriend(...peers: readonly number[]): void;
}

function scripted(config: Partial<ViewsConfig> = {}, remembered: readonly number[] = []): Scripted {
  const machine = createViewsMachine({
    config: { ...defaultViewsConfig, ...config },
    random: createRandom('views'),
    self: contact(0),
  });
  const handle = (event: ViewsEvent): readonly ViewsEffect[] => machine.handle(event, 0);
  const hear = (from: number, message: ViewsMessage): readonly ViewsEffect[] =>
    handle({ type: 'message', from: nodeId(from), message });
  handle({ type: 'start', remembered: remembered.map(contact) });
  return {
    machine,
    handle,
    hear,
    befriend: (...peers) => {
      for (const peer of peers) {
        handle({ type: 'linkUp', peer: contact(peer) });
        hear(peer, { type: 'neighbour', contact: contact(peer), priority: 'low' });
      }
    },
  };
}

function numbers(peers: readonly PeerContact[]): number[] {
  return peers.map(({ replicaId }) => numberOf(replicaId));
}

function numberOf(id: ReplicaId): number {
  return Number.parseInt(id, 16);
}

/** Messages sent, as `to type`. */
function sent(effects: readonly ViewsEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' ? [`${numberOf(effect.to)} ${effect.message.type}`] : [],
  );
}

function messages(effects: readonly ViewsEffect[]): ViewsMessage[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
}

function connects(effects: readonly ViewsEffect[]): number[] {
  return effects.flatMap((effect) => (effect.type === 'connect' ? [numberOf(effect.peer.replicaId)] : []));
}

describe('views', () => {
  it('V1: a node alone asks one peer at a time to be taken in, the next when that one fails', () => {
    const views = scripted();
    expect(sent(views.handle({ type: 'linkUp', peer: contact(1) }))).toEqual(['1 join']);
    expect(sent(views.handle({ type: 'linkUp', peer: contact(2) }))).toEqual([]);
    views.handle({ type: 'linkDown', peer: nodeId(1) });
    expect(sent(views.handle({ type: 'linkUp', peer: contact(3) }))).toEqual(['3 join']);
    const later = defaultViewsConfig.neighbourTimeoutMs;
    expect(sent(views.machine.handle({ type: 'linkUp', peer: contact(4) }, later))).toEqual(['4 join']);
  });

  it('V1: a node without neighbours greets whom it is linked to; others wait to be greeted', () => {
    const views = scripted();
    expect(sent(views.handle({ type: 'linkUp', peer: contact(1) }))).toEqual(['1 join']);
    views.hear(1, { type: 'neighbourAnswer', accepted: true });
    expect(numbers(views.machine.active())).toEqual([1]);
    expect(sent(views.handle({ type: 'linkUp', peer: contact(2) }))).toEqual([]);
  });

  it('V1: a joiner is taken in, given a sample, and told of to all neighbours', () => {
    const views = scripted();
    views.befriend(1, 2, 3);
    views.handle({ type: 'linkUp', peer: contact(9) });
    const effects = views.hear(9, { type: 'join', contact: contact(9) });
    expect(sent(effects)).toEqual([
      '9 neighbourAnswer',
      '9 shuffleAnswer',
      '1 forwardJoin',
      '2 forwardJoin',
      '3 forwardJoin',
    ]);
    expect(effects).toContainEqual({ type: 'neighbour', peer: nodeId(9), isUp: true });
    expect(numbers(views.machine.active())).toEqual([1, 2, 3, 9]);
  });

  it('V1: a walk goes on to somebody else, leaves the joiner in a passive view on the way, and ends in a request', () => {
    const views = scripted();
    views.befriend(1, 2);
    const joiner = contact(9);
    expect(messages(views.hear(1, { type: 'forwardJoin', joiner, hops: 6 }))).toEqual([
      { type: 'forwardJoin', joiner, hops: 5 },
    ]);
    expect(numbers(views.machine.passive())).toEqual([]);
    const effects = views.hear(1, { type: 'forwardJoin', joiner, hops: 3 });
    expect(sent(effects)).toEqual(['2 forwardJoin']);
    // Kept in reserve, and asked at once since this view has room.
    expect(numbers(views.machine.passive())).toEqual([9]);
    const far = contact(8);
    expect(connects(views.hear(1, { type: 'forwardJoin', joiner: far, hops: 0 }))).toEqual([8]);
    expect(messages(views.handle({ type: 'linkUp', peer: far }))).toEqual([
      { type: 'neighbour', contact: contact(0), priority: 'high' },
    ]);
  });

  it('V1: a walk longer than is allowed is cut', () => {
    const views = scripted();
    views.befriend(1, 2);
    expect(messages(views.hear(1, { type: 'forwardJoin', joiner: contact(9), hops: 1000 }))).toMatchObject([
      { hops: 5 },
    ]);
  });

  it('V2: the active view has log10 n + 1 peers, at least five', () => {
    expect(
      [1, 30, 1000, 10_000, 100_000, 1_000_000].map((n) => activeViewSize(defaultViewsConfig, n)),
    ).toEqual([5, 5, 5, 5, 6, 7]);
    const views = scripted();
    views.handle({ type: 'clusterSize', members: 1_000_000 });
    views.befriend(1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(views.machine.active()).toHaveLength(8);
  });

  it('V2: the passive view is bounded, and takes neither this node nor its neighbours', () => {
    const views = scripted({ shuffleActive: 100 });
    views.befriend(1, 2, 3, 4, 5);
    const peers = [0, 1, ...Array.from({ length: 60 }, (_, index) => index + 10)].map(contact);
    views.hear(1, { type: 'shuffleAnswer', peers, path: [] });
    const passive = numbers(views.machine.passive());
    expect(passive).toHaveLength(30);
    expect(passive).not.toContain(0);
    expect(passive).not.toContain(1);
  });

  it('V4: a request of low priority needs room, one of high priority makes it', () => {
    const views = scripted();
    views.befriend(1, 2, 3, 4, 5, 6, 7);
    expect(numbers(views.machine.active())).toEqual([1, 2, 3, 4, 5, 6]);
    views.handle({ type: 'linkUp', peer: contact(8) });
    const effects = views.hear(8, { type: 'neighbour', contact: contact(8), priority: 'high' });
    const [victim] = effects.flatMap((effect) =>
      effect.type === 'neighbour' && !effect.isUp ? [numberOf(effect.peer)] : [],
    );
    expect(sent(effects)).toEqual([`${victim} disconnect`, '8 neighbourAnswer']);
    expect(effects).toContainEqual({ type: 'release', peer: nodeId(victim ?? 0) });
    expect(numbers(views.machine.active())).toContain(8);
    expect(views.machine.active()).toHaveLength(6);
    expect(numbers(views.machine.passive())).toEqual([victim]);
  });

  it('V4: whoever is refused is let go, and not asked again in the same attempt', () => {
    const views = scripted({}, [1]);
    views.handle({ type: 'linkUp', peer: contact(1) });
    const effects = views.hear(1, { type: 'neighbourAnswer', accepted: false });
    expect(effects).toContainEqual({ type: 'release', peer: nodeId(1) });
    expect(connects(effects)).toEqual([]);
    expect(numbers(views.machine.passive())).toEqual([1]);
    expect(sent(views.handle({ type: 'timer', timer: { type: 'repair' } }))).toEqual(['1 neighbour']);
  });

  it('V5: a lost neighbour is replaced from the passive view; priority is high for who has nobody else', () => {
    const views = scripted({}, [11, 12]);
    views.befriend(1);
    for (const dead of [11, 12]) views.handle({ type: 'connectFailed', peer: nodeId(dead) });
    expect(numbers(views.machine.passive())).toEqual([]);
    views.hear(1, { type: 'shuffleAnswer', peers: [contact(13)], path: [] });
    const lost = views.handle({ type: 'linkDown', peer: nodeId(1) });
    expect(lost).toContainEqual({ type: 'neighbour', peer: nodeId(1), isUp: false });
    expect(connects(lost)).toEqual([1]);
    expect(messages(views.handle({ type: 'linkUp', peer: contact(13) }))).toEqual([
      { type: 'neighbour', contact: contact(0), priority: 'high' },
    ]);
  });

  it('V4: whoever let this node go is not asked in the same attempt', () => {
    const views = scripted();
    views.befriend(1, 2);
    const effects = views.hear(1, { type: 'disconnect', leaving: false });
    expect([connects(effects), sent(effects)]).toEqual([[], []]);
    expect(numbers(views.machine.passive())).toEqual([1]);
    views.handle({ type: 'linkDown', peer: nodeId(1) });
    expect(connects(views.handle({ type: 'timer', timer: { type: 'repair' } }))).toEqual([1]);
  });

  it.each([
    [2, 'high'],
    [3, 'low'],
  ] as const)('V5: with %i of 5 neighbours the next is asked with %s priority', (friends, priority) => {
    const views = scripted({}, [9]);
    views.befriend(...Array.from({ length: friends }, (_, number) => number + 1));
    expect(messages(views.handle({ type: 'linkUp', peer: contact(9) }))).toEqual([
      { type: 'neighbour', contact: contact(0), priority },
    ]);
  });

  it('V13: who was met by any link is known, and each shuffle asks one more of those known', () => {
    const views = scripted();
    views.befriend(1, 2, 3, 4, 5);
    views.handle({ type: 'linkUp', peer: contact(9) });
    views.handle({ type: 'linkDown', peer: nodeId(9) });
    expect(numbers(views.machine.passive())).toEqual([9]);
    expect(connects(views.handle({ type: 'timer', timer: { type: 'shuffle' } }))).toEqual([9]);
  });

  it('V5: a peer that does not answer in time is forgotten and the next one asked', () => {
    const views = scripted({ minActive: 1, activeSlack: 0 });
    const effects = [...views.handle({ type: 'linkUp', peer: contact(1) })];
    views.hear(1, { type: 'neighbourAnswer', accepted: true });
    views.hear(1, { type: 'shuffleAnswer', peers: [contact(2), contact(3)], path: [] });
    effects.length = 0;
    effects.push(...views.handle({ type: 'gone', peer: nodeId(1) }));
    const [asked] = connects(effects);
    const timer = effects.find((effect) => effect.type === 'wake' && effect.timer.type === 'request');
    if (timer?.type !== 'wake') throw new Error('no timer');
    expect(timer.afterMs).toBe(defaultViewsConfig.neighbourTimeoutMs);
    const next = connects(views.handle({ type: 'timer', timer: timer.timer }));
    expect([asked, ...next].sort()).toEqual([2, 3]);
    expect(connects(views.handle({ type: 'timer', timer: timer.timer }))).toEqual([]);
  });

  it('V10: with nobody left in either view it says so, and tries again ever later', () => {
    const views = scripted();
    const pauses: number[] = [];
    views.befriend(1);
    let effects = views.handle({ type: 'gone', peer: nodeId(1) });
    for (let attempt = 0; attempt < 8; attempt++) {
      const wake = effects.find((effect) => effect.type === 'wake' && effect.timer.type === 'repair');
      if (wake?.type === 'wake') pauses.push(wake.afterMs);
      effects = views.handle({ type: 'timer', timer: { type: 'repair' } });
      expect(effects).toContainEqual({ type: 'notice', notice: { type: 'isolated' } });
    }
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
    expect(Math.max(...pauses)).toBeGreaterThan(30_000);
    expect(pauses[0]).toBeLessThanOrEqual(4000);
  });

  it('V7: a shuffle carries a sample on a walk and its answer comes back the same way', () => {
    const views = scripted();
    views.befriend(1, 2);
    const shuffle = {
      type: 'shuffle',
      origin: contact(7),
      hops: 6,
      peers: [contact(8)],
      path: [nodeId(7)],
    } as const;
    expect(messages(views.hear(1, shuffle))).toEqual([{ ...shuffle, hops: 5, path: [nodeId(7), nodeId(1)] }]);
    const answer = { type: 'shuffleAnswer', peers: [contact(30)], path: [nodeId(7), nodeId(1)] } as const;
    const effects = views.hear(2, answer);
    expect(sent(effects)).toEqual(['1 shuffleAnswer']);
    expect(messages(effects)).toEqual([{ ...answer, path: [nodeId(7)] }]);
    expect(numbers(views.machine.passive())).toEqual([]);
  });

  it('V7: where the walk ends the sample is kept and one as large is given for it', () => {
    const views = scripted({}, [21, 22, 23]);
    views.befriend(1, 2);
    const shuffle = {
      type: 'shuffle',
      origin: contact(7),
      hops: 1,
      peers: [contact(8)],
      path: [nodeId(7)],
    } as const;
    const [answer] = messages(views.hear(1, shuffle));
    if (answer?.type !== 'shuffleAnswer') throw new Error('no answer');
    expect(answer.path).toEqual([nodeId(7)]);
    expect(answer.peers).toHaveLength(2);
    expect(numbers(views.machine.passive())).toEqual(expect.arrayContaining([7, 8]));
  });

  it('V7: each shuffle takes three active and four passive peers', () => {
    const views = scripted({}, [21, 22, 23, 24, 25, 26]);
    views.befriend(1, 2, 3, 4, 5);
    const [shuffle] = messages(views.handle({ type: 'timer', timer: { type: 'shuffle' } }));
    if (shuffle?.type !== 'shuffle') throw new Error('no shuffle');
    const [active, passive] = [
      numbers(shuffle.peers).filter((n) => n < 20),
      numbers(shuffle.peers).filter((n) => n > 20),
    ];
    expect([active.length, passive.length]).toEqual([3, 4]);
    expect(shuffle).toMatchObject({ origin: contact(0), hops: 6, path: [] });
  });

  it('V7: of a sample larger than a shuffle holds only so much is taken', () => {
    const views = scripted();
    views.befriend(1, 2, 3, 4, 5);
    const peers = Array.from({ length: 60 }, (_, index) => contact(index + 10));
    views.hear(1, { type: 'shuffleAnswer', peers, path: [] });
    expect(views.machine.passive()).toHaveLength(8);
  });

  it('V8: a node that only dials out is kept in no passive view and walked to nobody', () => {
    const views = scripted();
    views.befriend(1, 2);
    const hidden: PeerContact = { replicaId: nodeId(9), addresses: [] };
    views.handle({ type: 'linkUp', peer: hidden });
    expect(sent(views.hear(9, { type: 'join', contact: hidden }))).toEqual([
      '9 neighbourAnswer',
      '9 shuffleAnswer',
    ]);
    views.handle({ type: 'linkDown', peer: nodeId(9) });
    views.hear(1, { type: 'shuffleAnswer', peers: [hidden], path: [] });
    expect(numbers(views.machine.passive())).toEqual([]);
  });

  it('V9: a leave is told to the neighbours, who keep nothing of it', () => {
    const views = scripted();
    views.befriend(1, 2);
    const effects = views.handle({ type: 'leave' });
    expect(messages(effects)).toEqual([
      { type: 'disconnect', leaving: true },
      { type: 'disconnect', leaving: true },
    ]);
    expect(connects(views.handle({ type: 'linkDown', peer: nodeId(1) }))).toEqual([]);
    const other = scripted();
    other.befriend(1, 2);
    other.hear(1, { type: 'disconnect', leaving: true });
    expect([numbers(other.machine.active()), numbers(other.machine.passive())]).toEqual([[2], []]);
    other.hear(2, { type: 'shuffleAnswer', peers: [contact(7)], path: [] });
    other.hear(7, { type: 'disconnect', leaving: true });
    expect(numbers(other.machine.passive())).toEqual([]);
    other.hear(2, { type: 'disconnect', leaving: false });
    expect(numbers(other.machine.active())).toEqual([]);
  });

  it('V11: every setting states unit, formula, trade-off and origin', () => {
    for (const [name, setting] of Object.entries(viewsSettings)) {
      for (const text of [setting.unit, setting.formula, setting.tradeOff, setting.origin]) {
        expect(text, name).not.toBe('');
      }
      expect(defaultViewsConfig).toHaveProperty(name, setting.default);
    }
  });
});
