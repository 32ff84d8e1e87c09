import { createRandom } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BroadcastQueue, sendLimit } from './broadcast-queue.ts';
import { defaultMembershipConfig, membershipSettings } from './config.ts';
import { exchangeStretch } from './list-exchange.ts';
import { LocalHealth, lagPoints } from './local-health.ts';
import { claim, peer } from './membership-script.ts';
import { ProbeOrder } from './probe-order.ts';
import { confirmationsWanted, suspicionMs } from './suspicion.ts';

const config = defaultMembershipConfig;

describe('formulas', () => {
  it('W5: a suspicion lasts 48 s at 100 members, 8 s once confirmed twice', () => {
    expect(suspicionMs(config, 100, 0)).toBe(48_000);
    expect(suspicionMs(config, 100, 1)).toBeCloseTo(48_000 - 40_000 * (Math.log(2) / Math.log(3)), 6);
    expect(suspicionMs(config, 100, 2)).toBe(8000);
    expect(suspicionMs(config, 1000, 2)).toBe(12_000);
    expect(suspicionMs(config, 5, 2)).toBe(4000);
  });

  it('W5: confirmations only shorten it, never below the least', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 0, max: 10 }),
        (members, confirmations) => {
          const longer = suspicionMs(config, members, confirmations);
          const shorter = suspicionMs(config, members, confirmations + 1);
          expect(shorter).toBeLessThanOrEqual(longer);
          expect(shorter).toBeGreaterThanOrEqual(
            suspicionMs({ ...config, suspicionMaxFactor: 1 }, members, 0) - 1e-6,
          );
        },
      ),
    );
  });

  it('W5: where nobody is left to confirm, a suspicion does not wait for it', () => {
    expect(confirmationsWanted(config, 3)).toBe(0);
    expect(confirmationsWanted(config, 4)).toBe(2);
    expect(suspicionMs(config, 3, 0)).toBe(4000);
  });

  it('W9: each piece of news is sent multiplier * ceil(log10(n + 1)) times', () => {
    expect([1, 9, 10, 99, 100, 1000, 10_000].map((n) => sendLimit(4, n))).toEqual([4, 4, 8, 8, 12, 16, 20]);
    const queue = new BroadcastQueue();
    queue.add(claim(peer(1), 'alive'));
    const sends = Array.from({ length: 20 }, () => queue.take(16, 12).length);
    expect(sends.reduce((sum, count) => sum + count, 0)).toBe(12);
  });

  it('W9: the news least often sent goes first, and newer news of a member replaces older', () => {
    const queue = new BroadcastQueue();
    queue.add(claim(peer(1), 'alive'));
    queue.add(claim(peer(2), 'alive'));
    expect(queue.take(1, 3).map(({ replicaId }) => replicaId)).toEqual([peer(2)]);
    expect(queue.take(1, 3).map(({ replicaId }) => replicaId)).toEqual([peer(1)]);
    queue.add(claim(peer(2), 'dead'));
    expect(queue.take(1, 3)).toMatchObject([{ replicaId: peer(2), status: 'dead' }]);
    expect(queue.size).toBe(2);
  });

  it('W8: the health score stays between 0 and its most, and stretches times by itself plus one', () => {
    const health = new LocalHealth(7);
    expect(health.change(-1)).toBe(false);
    expect(health.change(3)).toBe(true);
    expect(health.stretch(500)).toBe(2000);
    health.change(100);
    expect(health.score).toBe(7);
    expect(new LocalHealth(0).change(5)).toBe(false);
  });

  it('W8: lag costs one point for each tolerance passed, three at most', () => {
    expect([0, 149, 150, 299, 300, 450, 10_000].map((lag) => lagPoints(lag, 150))).toEqual([
      0, 0, 1, 1, 2, 3, 3,
    ]);
  });

  it('W10: lists are exchanged less often as the cluster grows', () => {
    expect([1, 32, 33, 64, 65, 100, 1000, 10_000].map(exchangeStretch)).toEqual([1, 1, 2, 2, 3, 3, 6, 10]);
  });

  it('W1: everybody is probed once before anybody twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.string(), (count, seed) => {
        const peers = Array.from({ length: count }, (_, index) => peer(index));
        const order = new ProbeOrder(createRandom(seed));
        const next = (): unknown =>
          order.next(
            () => peers,
            () => true,
          );
        for (let round = 0; round < 3; round++) {
          expect(new Set(Array.from({ length: count }, next)).size).toBe(count);
        }
      }),
    );
  });

  it('W1: a newcomer is probed within the round it comes in', () => {
    for (let seed = 0; seed < 50; seed++) {
      const peers = [1, 2, 3, 4, 5].map(peer);
      const order = new ProbeOrder(createRandom(`${seed}`));
      const next = (): unknown =>
        order.next(
          () => peers,
          () => true,
        );
      next();
      order.add(peer(6));
      expect(Array.from({ length: 5 }, next)).toContain(peer(6));
    }
  });

  it('W14: every setting states unit, formula, trade-off and origin', () => {
    for (const [name, setting] of Object.entries(membershipSettings)) {
      for (const text of [setting.unit, setting.formula, setting.tradeOff, setting.origin]) {
        expect(text, name).not.toBe('');
      }
      expect(defaultMembershipConfig).toHaveProperty(name, setting.default);
    }
  });
});
