import { createRandom } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { defaultRumourConfig, rumourSettings } from './config.ts';
import type { RumourEffect } from './events.ts';
import { announce, mark, peer, push, scriptedRumours, sent } from './rumour-script.ts';

const [a, b] = [peer(1), peer(2)];

describe('bounds and timers', () => {
  it('R10: a full hot list drops the one longest hot and says so', () => {
    const rumours = scriptedRumours({ maxHot: 2 });
    for (const id of ['x', 'y']) rumours.handle({ type: 'hot', rumour: { id, sizeBytes: 1 }, from: null });
    const overflow = rumours.handle({ type: 'hot', rumour: { id: 'z', sizeBytes: 1 }, from: null });
    expect(overflow).toEqual([{ type: 'notice', notice: { type: 'hotOverflow', id: 'x' } }]);
    expect(rumours.machine.hotCount).toBe(2);
  });

  it('R10: announcements beyond the bound are not asked for', () => {
    const rumours = scriptedRumours({ maxRequests: 1 });
    const effects = rumours.hear(a, announce(mark('x', 0, 5000), mark('y', 0, 5000)));
    expect(sent(effects)).toContain('1 request x');
    expect(effects).toContainEqual({ type: 'notice', notice: { type: 'requestOverflow', id: 'y' } });
  });

  it('R10: the oldest known ids are forgotten; then the store judges', () => {
    const rumours = scriptedRumours({ maxKnown: 2 });
    for (const id of ['x', 'y', 'z']) {
      rumours.handle({ type: 'hot', rumour: { id, sizeBytes: 1 }, from: null });
      rumours.handle({ type: 'withdrawn', id });
    }
    expect(['x', 'y', 'z'].map((id) => rumours.machine.isKnown(id))).toEqual([false, true, true]);
    expect(rumours.hear(a, push(mark('x')))).toMatchObject([{ type: 'store' }]);
  });

  it('R10: a message holds no more rumours and bytes than it may, oldest first, but always one', () => {
    const rumours = scriptedRumours({ maxMessageRumours: 3, maxMessageBytes: 100, k: 1 });
    for (const [id, sizeBytes] of Object.entries({ v: 900, w: 60, x: 40, y: 1, z: 1 })) {
      rumours.handle({ type: 'hot', rumour: { id, sizeBytes }, from: null });
    }
    const next = (): string[] => {
      rumours.partners.push(a);
      return sent(rumours.cycle());
    };
    expect(next()).toEqual(['1 gossip v']);
    rumours.handle({ type: 'withdrawn', id: 'v' });
    expect(next()).toEqual(['1 gossip w x']);
    rumours.handle({ type: 'withdrawn', id: 'w' });
    expect(next()).toEqual(['1 gossip x y z']);
  });

  it('R12: an idle pusher arms no timer; the first rumour is pushed soon, then by the interval', () => {
    const rumours = scriptedRumours({ intervalMs: 100, firstDelayMs: 5, jitter: 0, k: 9 });
    expect(rumours.handle({ type: 'start' })).toEqual([]);
    const [first] = rumours.handle({ type: 'hot', rumour: { id: 'x', sizeBytes: 1 }, from: null });
    expect(first).toMatchObject({ type: 'wake', afterMs: 5 });
    expect(rumours.handle({ type: 'hot', rumour: { id: 'y', sizeBytes: 1 }, from: null })).toEqual([]);
    if (first?.type !== 'wake') throw new Error('no timer');
    rumours.partners.push(a, a);
    const [, second] = rumours.handle({ type: 'timer', timer: first.timer }, 5);
    expect(second).toMatchObject({ type: 'wake', afterMs: 100 });
    expect(rumours.handle({ type: 'timer', timer: first.timer }, 6)).toEqual([]);
    for (const id of ['x', 'y']) rumours.handle({ type: 'withdrawn', id });
    if (second?.type !== 'wake') throw new Error('no timer');
    expect(rumours.handle({ type: 'timer', timer: second.timer }, 105)).toEqual([]);
  });

  it('R12: an idle puller asks at the idle interval, and a rumour brings its cycle forward', () => {
    const rumours = scriptedRumours({
      direction: 'push-pull',
      intervalMs: 100,
      idleIntervalMs: 2000,
      firstDelayMs: 5,
      jitter: 0,
    });
    const [idle] = rumours.handle({ type: 'start' });
    expect(idle).toMatchObject({ type: 'wake', afterMs: 2000 });
    if (idle?.type !== 'wake') throw new Error('no timer');
    rumours.partners.push(b);
    const [call, next] = rumours.handle({ type: 'timer', timer: idle.timer }, 2000);
    expect(call).toMatchObject({ to: b, message: { type: 'gossip', pull: true, carried: [] } });
    expect(next).toMatchObject({ afterMs: 2000 });
    expect(
      rumours.handle({ type: 'hot', rumour: { id: 'x', sizeBytes: 1 }, from: null }, 2500),
    ).toMatchObject([{ type: 'wake', afterMs: 5 }]);
  });

  it('R12: intervals vary by the jitter, around their mean', () => {
    const rumours = scriptedRumours({
      direction: 'pull',
      intervalMs: 100,
      idleIntervalMs: 1000,
      jitter: 0.2,
    });
    let [wake] = rumours.handle({ type: 'start' });
    const intervals: number[] = [];
    for (let now = 0; intervals.length < 500; ) {
      if (wake?.type !== 'wake') throw new Error('no timer');
      intervals.push(wake.afterMs);
      now += wake.afterMs;
      [wake] = rumours.handle({ type: 'timer', timer: wake.timer }, now);
    }
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(900);
    expect(Math.max(...intervals)).toBeLessThanOrEqual(1100);
    const mean = intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length;
    // Four standard errors of a uniform distribution 200 ms wide.
    expect(Math.abs(mean - 1000)).toBeLessThan((4 * 200) / Math.sqrt(12 * intervals.length));
  });

  it('R13: the same seed and events give the same effects', () => {
    const trace = (seed: string): string => {
      const rumours = scriptedRumours({ stopMethod: 'coin', stopRule: 'blind', k: 3, fanOut: 2 }, seed);
      const draws = createRandom('events');
      const effects: RumourEffect[] = [];
      for (let i = 0; i < 200; i++) {
        rumours.partners.push(peer(draws.below(9)), peer(draws.below(9)));
        const from = peer(draws.below(9));
        const received = rumours.hear(from, push(mark(`${draws.below(40)}`)));
        effects.push(...received, ...rumours.store(received), ...rumours.cycle());
        rumours.partners.length = 0;
      }
      return JSON.stringify(effects);
    };
    expect(trace('one')).toBe(trace('one'));
    expect(trace('one')).not.toBe(trace('two'));
  });

  it('R14: every setting states unit, formula, trade-off and origin, and gives the default', () => {
    for (const [name, setting] of Object.entries(rumourSettings)) {
      for (const text of [setting.unit, setting.formula, setting.tradeOff, setting.origin]) {
        expect(text, name).not.toBe('');
      }
      expect(defaultRumourConfig).toHaveProperty(name, setting.default);
    }
  });
});
