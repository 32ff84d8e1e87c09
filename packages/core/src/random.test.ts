import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';

describe('random', () => {
  it('K6: the seed decides', () => {
    const draw = (seed: string): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 20 }, () => random.below(1_000_000));
    };
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });

  it('K6: a fork depends on seed and name, not on draws made before', () => {
    const first = createRandom('seed');
    const second = createRandom('seed');
    for (let i = 0; i < 7; i++) second.next();
    expect(first.fork('net').bytes(16)).toEqual(second.fork('net').bytes(16));
    expect(first.fork('net').bytes(16)).not.toEqual(first.fork('disk').bytes(16));
    expect(first.fork('a').fork('b').bytes(8)).not.toEqual(first.fork('b').fork('a').bytes(8));
  });

  it('K7: whole numbers fall evenly (chi-squared, 99.9 %)', () => {
    const random = createRandom('even');
    const bins = new Array<number>(16).fill(0);
    const draws = 160_000;
    for (let i = 0; i < draws; i++) {
      const bin = random.below(16);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const expected = draws / 16;
    const chiSquared = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(37.7);
  });

  it('K7: every order of three comes up as often', () => {
    const random = createRandom('orders');
    const counts = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      const order = random.shuffled(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    expect(random.pick([])).toBeUndefined();
  });
});
