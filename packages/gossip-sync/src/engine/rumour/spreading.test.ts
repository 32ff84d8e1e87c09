import { describe, expect, it } from 'vitest';
import { announce, ask, mark, peer, push, scriptedRumours, sent, told } from './rumour-script.ts';

const [a, b, c, d] = [peer(1), peer(2), peer(3), peer(4)];
const rumour = { id: 'x', sizeBytes: 10 };
const large = { id: 'big', sizeBytes: 5000 };

describe('how a rumour spreads', () => {
  it('R1: what is learnt in a cycle is pushed and given from the next one on', () => {
    const rumours = scriptedRumours({ direction: 'push-pull' });
    rumours.partners.push(b, c);
    expect(sent(rumours.cycle())).toEqual(['2 gossip']);
    rumours.store(rumours.hear(a, push(mark('x'))));
    expect(sent(rumours.hear(d, ask()))).toEqual([]);
    expect(sent(rumours.cycle())).toEqual(['3 gossip x']);
    expect(sent(rumours.hear(d, ask()))).toEqual(['4 answer x']);
  });

  it('R2: two pushes to a susceptible site in one cycle are both useful, the next cycle none is', () => {
    const rumours = scriptedRumours({});
    rumours.cycle();
    const first = rumours.hear(a, push(mark('x')));
    expect(sent(first)).toEqual([]);
    expect(sent(rumours.hear(b, push(mark('x'))))).toEqual(['2 x needed']);
    expect(sent(rumours.store(first))).toEqual(['1 x needed']);
    expect(sent(rumours.hear(c, push(mark('x'))))).toEqual(['3 x needed']);
    rumours.cycle();
    expect(sent(rumours.hear(d, push(mark('x'))))).toEqual(['4 x known']);
  });

  it('R8: never back to the sender, nor to others who are known to have it', () => {
    const rumours = scriptedRumours({ rememberHolders: 8, k: 9 });
    rumours.store(rumours.hear(a, push(mark('x'))));
    rumours.partners.push(a, a, b, a, b, c);
    expect(sent(rumours.cycle())).toEqual(['2 gossip x']);
    expect(sent(rumours.cycle())).toEqual(['3 gossip x']);
    rumours.hear(d, told('pull', 'x', true));
    rumours.partners.push(a, b, c, d);
    expect(sent(rumours.cycle())).toEqual([]);
  });

  it('R8: who pushed it, or was given it, has it too', () => {
    const rumours = scriptedRumours({ rememberHolders: 8, k: 9, direction: 'push-pull' });
    rumours.handle({ type: 'hot', rumour, from: null });
    rumours.cycle();
    rumours.hear(a, push(mark('x')));
    expect(sent(rumours.hear(b, ask()))).toEqual(['2 answer x']);
    expect(sent(rumours.hear(b, ask()))).toEqual([]);
    rumours.partners.push(a, b, a, b);
    expect(sent(rumours.cycle())).toEqual(['2 gossip']);
  });

  it('R8: a refused peer was given nothing', () => {
    const rumours = scriptedRumours({ rememberHolders: 8, connectionLimit: 1 });
    rumours.handle({ type: 'hot', rumour, from: null });
    rumours.partners.push(a);
    const [call] = rumours.cycle();
    if (call?.type !== 'send' || call.message.type !== 'gossip') throw new Error('no call');
    rumours.hear(a, { type: 'refuse', conversation: call.message.conversation });
    rumours.partners.push(a);
    expect(sent(rumours.cycle())).toEqual(['1 gossip x']);
  });

  it('R8: when all partners found have it the cycle counts as useless, so it cools among few', () => {
    const rumours = scriptedRumours({ rememberHolders: 8, k: 2 });
    rumours.store(rumours.hear(a, push(mark('x'))));
    for (let i = 0; i < 3; i++) {
      rumours.partners.push(a, a, a, a);
      expect(sent(rumours.cycle())).toEqual([]);
    }
    expect(rumours.machine.isHot('x')).toBe(false);
  });

  it('R8: a cycle in which nobody can be reached counts nothing', () => {
    const rumours = scriptedRumours({ rememberHolders: 8, k: 1 });
    rumours.store(rumours.hear(a, push(mark('x'))));
    for (let i = 0; i < 5; i++) rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
  });

  it('R8: a peer that went away is no longer a holder', () => {
    const rumours = scriptedRumours({ rememberHolders: 8 });
    rumours.store(rumours.hear(a, push(mark('x'))));
    rumours.handle({ type: 'peerGone', peer: a });
    rumours.partners.push(a);
    expect(sent(rumours.cycle())).toEqual(['1 gossip x']);
  });

  it('R7: beyond the connection limit callers are refused and told nothing', () => {
    const rumours = scriptedRumours({ connectionLimit: 1 });
    expect(sent(rumours.hear(a, ask()))).toEqual([]);
    expect(sent(rumours.hear(b, push(mark('x'))))).toEqual(['2 refuse']);
    rumours.cycle();
    expect(rumours.hear(b, push(mark('x')))).toMatchObject([{ type: 'store' }]);
  });

  it('R7: a refused caller hunts on in the same cycle up to the hunt limit, and its counter stays', () => {
    const rumours = scriptedRumours({ connectionLimit: 1, huntLimit: 2, stopRule: 'blind', k: 1 });
    rumours.handle({ type: 'hot', rumour, from: null });
    rumours.partners.push(a, b, c, d);
    let effects = rumours.cycle();
    for (const hunted of ['1 gossip x', '2 gossip x', '3 gossip x']) {
      expect(sent(effects)).toEqual([hunted]);
      const [effect] = effects;
      if (effect?.type !== 'send' || effect.message.type !== 'gossip') throw new Error('no call');
      const { conversation } = effect.message;
      effects = rumours.hear(effect.to, { type: 'refuse', conversation });
      expect(rumours.hear(effect.to, { type: 'refuse', conversation })).toEqual([]);
    }
    expect(effects).toEqual([]);
    rumours.partners.length = 0;
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
  });

  it('R7: a refusal that comes a cycle late is ignored', () => {
    const rumours = scriptedRumours({ connectionLimit: 1, huntLimit: 1 });
    rumours.handle({ type: 'hot', rumour, from: null });
    rumours.partners.push(a);
    const [call] = rumours.cycle();
    rumours.cycle();
    rumours.partners.push(b);
    if (call?.type !== 'send' || call.message.type !== 'gossip') throw new Error('no call');
    expect(rumours.hear(a, { type: 'refuse', conversation: call.message.conversation })).toEqual([]);
  });

  it('R9: a large payload is announced, asked for once and sent', () => {
    const giver = scriptedRumours({ direction: 'push-pull' });
    giver.handle({ type: 'hot', rumour: large, from: null });
    giver.partners.push(b);
    expect(sent(giver.cycle())).toEqual(['2 gossip ?big']);
    expect(sent(giver.hear(b, { type: 'request', ids: ['big'] }))).toEqual(['2 payload big']);

    const taker = scriptedRumours({});
    expect(sent(taker.hear(a, announce(mark('big', 0, 5000))))).toEqual(['1 request big', '1 big needed']);
    expect(sent(taker.hear(c, announce(mark('big', 0, 5000))))).toEqual(['3 big needed']);
    const arrival = taker.hear(a, { type: 'payload', ids: ['big'] });
    expect(arrival).toEqual([{ type: 'store', from: a, rumours: [large] }]);
    expect(sent(taker.store(arrival))).toEqual([]);
    expect(taker.machine.isHot('big')).toBe(true);
    expect(taker.hear(a, { type: 'payload', ids: ['big', 'unasked'] })).toEqual([]);
  });

  it('R9: a cooling rumour is announced whatever its size, until it is of use again', () => {
    const rumours = scriptedRumours({ announceCooling: true, k: 9 });
    rumours.handle({ type: 'hot', rumour, from: null });
    const cycle = (known: boolean): string[] => {
      rumours.partners.push(a);
      const effects = sent(rumours.cycle());
      rumours.hear(a, told('push', 'x', known));
      return effects;
    };
    expect([cycle(true), cycle(false), cycle(false)]).toEqual([
      ['1 gossip x'],
      ['1 gossip ?x'],
      ['1 gossip x'],
    ]);
  });

  it('R9: the next announcer is asked after the time-out, or at once when the asked one goes away', () => {
    const rumours = scriptedRumours({ intervalMs: 100, requestTimeoutMs: 2000 });
    const [, wake] = rumours.hear(a, announce(mark('big', 0, 5000)));
    expect(wake).toEqual({ type: 'wake', afterMs: 2000, timer: { type: 'request', generation: 0 } });
    for (const other of [b, c]) rumours.hear(other, announce(mark('big', 0, 5000)));
    const retry = rumours.handle({ type: 'timer', timer: { type: 'request', generation: 0 } }, 2000);
    expect(sent(retry)).toEqual(['2 request big']);
    expect(retry).toContainEqual({ type: 'wake', afterMs: 2000, timer: { type: 'request', generation: 0 } });
    expect(sent(rumours.handle({ type: 'peerGone', peer: b }, 2100))).toEqual(['3 request big']);
    expect(sent(rumours.handle({ type: 'peerGone', peer: c }, 2200))).toEqual([]);
    expect(sent(rumours.hear(d, announce(mark('big', 0, 5000))))).toContain('4 request big');
  });

  it('R11: only what the store finds novel is spread; known and refused payloads are told as known', () => {
    const rumours = scriptedRumours({});
    rumours.hear(a, push(mark('new'), mark('old'), mark('bad')));
    const effects = rumours.handle({
      type: 'stored',
      from: a,
      outcomes: [
        { id: 'new', outcome: 'novel' },
        { id: 'old', outcome: 'known' },
        { id: 'bad', outcome: 'refused' },
      ],
    });
    expect(sent(effects)).toEqual(['1 new needed old known bad known']);
    rumours.partners.push(b);
    expect(sent(rumours.cycle())).toEqual(['2 gossip new']);
  });

  it('R11: a payload being stored is not stored again, and one withdrawn is not spread', () => {
    const rumours = scriptedRumours({});
    const first = rumours.hear(a, push(mark('x')));
    expect(rumours.hear(b, push(mark('x'))).some(({ type }) => type === 'store')).toBe(false);
    rumours.store(first);
    rumours.handle({ type: 'withdrawn', id: 'x' });
    rumours.partners.push(c);
    expect(rumours.cycle()).toEqual([]);
    expect(rumours.hear(b, push(mark('x'))).some(({ type }) => type === 'store')).toBe(false);
  });
});
