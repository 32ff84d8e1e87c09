import { describe, expect, it } from 'vitest';
import type { RumourConfig } from './config.ts';
import { ask, mark, peer, push, type ScriptedRumours, scriptedRumours, sent, told } from './rumour-script.ts';

const [a, b, c] = [peer(1), peer(2), peer(3)];

function spreader(config: Partial<RumourConfig>, seed?: string): ScriptedRumours {
  const rumours = scriptedRumours(config, seed);
  rumours.handle({ type: 'hot', rumour: { id: 'x', sizeBytes: 10 }, from: null });
  return rumours;
}

function pushTo(rumours: ScriptedRumours, known: boolean): void {
  rumours.partners.push(a);
  rumours.cycle();
  rumours.hear(a, told('push', 'x', known));
}

describe('when a rumour cools', () => {
  it('R3: k useless pushes end it, a useful one starts the count again', () => {
    const rumours = spreader({ k: 2 });
    pushTo(rumours, true);
    pushTo(rumours, false);
    pushTo(rumours, true);
    expect(rumours.machine.isHot('x')).toBe(true);
    pushTo(rumours, true);
    expect(rumours.machine.isHot('x')).toBe(false);
    expect(rumours.machine.isKnown('x')).toBe(true);
  });

  it('R3: without the reset useless pushes add up', () => {
    const rumours = spreader({ k: 2, resetOnUseful: false });
    pushTo(rumours, true);
    pushTo(rumours, false);
    pushTo(rumours, true);
    expect(rumours.machine.isHot('x')).toBe(false);
  });

  it('R4: blind and counter ends after k pushes, of use or not, and asks for no feedback', () => {
    const rumours = spreader({ k: 3, stopRule: 'blind' });
    rumours.partners.push(a, b, c, a);
    const [first] = rumours.cycle();
    expect(first).toMatchObject({ type: 'send', to: a, message: { feedback: false } });
    rumours.cycle();
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
    expect(sent(rumours.cycle())).toEqual([]);
    expect(rumours.machine.isHot('x')).toBe(false);
  });

  it.each(['blind', 'feedback'] as const)(
    'R4: a coin ends a rumour with probability 1/k after a counted contact (%s)',
    (stopRule) => {
      const trials = 4000;
      let ended = 0;
      for (let i = 0; i < trials; i++) {
        const rumours = spreader({ k: 4, stopRule, stopMethod: 'coin' }, `coin ${i}`);
        pushTo(rumours, true);
        rumours.cycle();
        if (!rumours.machine.isHot('x')) ended++;
      }
      // Four standard deviations of a binomial share.
      expect(Math.abs(ended / trials - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / trials));
    },
  );

  it('R4: with feedback a coin is not thrown for a useful contact', () => {
    for (let i = 0; i < 50; i++) {
      const rumours = spreader({ k: 1, stopMethod: 'coin' }, `useful ${i}`);
      pushTo(rumours, false);
      rumours.cycle();
      expect(rumours.machine.isHot('x')).toBe(true);
    }
  });

  it('R5: many askers in one cycle who all had it count once, at its end', () => {
    const rumours = spreader({ direction: 'pull', k: 2 });
    rumours.cycle();
    for (const asker of [a, b, c]) {
      expect(sent(rumours.hear(asker, ask()))).toEqual([`${Number.parseInt(asker, 16)} answer x`]);
      rumours.hear(asker, told('pull', 'x', true));
    }
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
    rumours.hear(a, told('pull', 'x', true));
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(false);
  });

  it('R5: a blind pull counts once a cycle too', () => {
    const rumours = spreader({ direction: 'pull', stopRule: 'blind', k: 2 });
    rumours.cycle();
    for (const asker of [a, b, c]) rumours.hear(asker, ask());
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
    rumours.hear(a, ask());
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(false);
  });

  it('R5: one asker who needed it makes the whole cycle useful', () => {
    const rumours = spreader({ direction: 'pull', k: 1 });
    rumours.cycle();
    rumours.hear(a, told('pull', 'x', true));
    rumours.hear(b, told('pull', 'x', false));
    rumours.hear(c, told('pull', 'x', true));
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
  });

  it('R5: a cycle in which nobody asks counts nothing', () => {
    const rumours = spreader({ direction: 'pull', k: 1 });
    for (let i = 0; i < 5; i++) rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
  });

  it('R5: counted one by one when so configured', () => {
    const rumours = spreader({ direction: 'pull', k: 2, countAtCycleEnd: false });
    rumours.cycle();
    rumours.hear(a, told('pull', 'x', true));
    rumours.hear(b, told('pull', 'x', true));
    expect(rumours.machine.isHot('x')).toBe(false);
  });

  it('R6: of two spreaders only the one with the smaller counter counts, on a tie both', () => {
    const caller = (theirCount: number | null): boolean => {
      const rumours = spreader({ direction: 'push-pull', minimisation: true, k: 2 });
      pushTo(rumours, true);
      rumours.partners.push(a);
      rumours.cycle();
      rumours.hear(a, told('push', 'x', true, theirCount));
      return rumours.machine.isHot('x');
    };
    expect([caller(0), caller(1), caller(5), caller(null)]).toEqual([true, false, false, false]);
    const called = (theirCount: number): boolean => {
      const rumours = spreader({ direction: 'push-pull', minimisation: true, k: 1 });
      rumours.cycle();
      rumours.hear(a, ask(mark('x', theirCount)));
      return rumours.machine.isHot('x');
    };
    expect([called(0), called(3)]).toEqual([false, false]);
    const ahead = spreader({ direction: 'push-pull', minimisation: true, k: 3 });
    pushTo(ahead, true);
    pushTo(ahead, true);
    ahead.hear(b, ask(mark('x', 1)));
    expect(ahead.machine.isHot('x')).toBe(true);
    ahead.hear(b, ask(mark('x', 2)));
    expect(ahead.machine.isHot('x')).toBe(false);
  });

  it('R6: without minimisation a called spreader counts what was pushed to it at the end of its cycle', () => {
    const rumours = spreader({ direction: 'push-pull', minimisation: false, k: 1 });
    rumours.hear(a, ask(mark('x', 9)));
    rumours.cycle();
    rumours.hear(a, push(mark('x')));
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(true);
    rumours.hear(a, ask(mark('x', 9)));
    expect(rumours.machine.isHot('x')).toBe(true);
    rumours.cycle();
    expect(rumours.machine.isHot('x')).toBe(false);
  });
});
