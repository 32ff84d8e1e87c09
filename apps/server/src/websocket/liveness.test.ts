import { describe, expect, test } from 'vitest';
import { Liveness } from './liveness.ts';

describe('liveness of a socket', () => {
  test('A14: silence is probed after 20 s and ends after 45 s', () => {
    const liveness = new Liveness(100, 0);
    expect(liveness.check(100, 15_000)).toBe('alive');
    expect(liveness.check(100, 20_000)).toBe('probe');
    expect(liveness.check(100, 29_999)).toBe('alive');
    expect(liveness.check(100, 30_000)).toBe('probe');
    expect(liveness.check(100, 44_999)).toBe('probe');
    expect(liveness.check(100, 45_000)).toBe('dead');
  });

  test('A14: an answered probe starts the silence anew', () => {
    const liveness = new Liveness(0, 0);
    expect(liveness.check(0, 20_000)).toBe('probe');
    liveness.heard(6);
    expect(liveness.check(6, 25_000)).toBe('alive');
    expect(liveness.check(6, 44_000)).toBe('alive');
    expect(liveness.check(6, 45_000)).toBe('probe');
  });

  test('A15: a message that drips is cut off after 10 s', () => {
    const liveness = new Liveness(0, 0);
    expect(liveness.check(1, 5000)).toBe('alive');
    expect(liveness.check(2, 10_000)).toBe('alive');
    expect(liveness.check(3, 15_000)).toBe('dripping');
  });

  test('A15: a large message on a slow line may take its time, and needs no pong meanwhile', () => {
    const liveness = new Liveness(0, 0);
    for (let second = 5; second <= 120; second += 5) {
      expect(liveness.check(second * 4000, second * 1000)).toBe('alive');
    }
  });

  test('A15: a large message that stops arriving has 10 s too', () => {
    const liveness = new Liveness(0, 0);
    expect(liveness.check(7_900_000, 1000)).toBe('alive');
    expect(liveness.check(7_900_000, 10_999)).toBe('alive');
    expect(liveness.check(7_900_000, 11_000)).toBe('dripping');
  });

  test('A15: pings between its fragments do not make a message whole', () => {
    const liveness = new Liveness(0, 0);
    let bytes = 0;
    for (let second = 1; second <= 10; second++) {
      bytes += 10;
      liveness.check(bytes, second * 1000);
      bytes += 6 + 4;
      liveness.heardControl(bytes, 4);
      expect(liveness.unfinished(bytes)).toBe(second * 10);
    }
    expect(liveness.check(bytes, 11_000)).toBe('dripping');
    const quiet = new Liveness(0, 0);
    quiet.check(3, 1000);
    quiet.heardControl(10, 4);
    expect([quiet.unfinished(10), quiet.check(10, 19_000)]).toEqual([0, 'alive']);
  });

  test('A15: a message that has arrived whole ends its deadline', () => {
    const liveness = new Liveness(0, 0);
    liveness.check(10, 5000);
    liveness.heard(20);
    expect(liveness.check(20, 16_000)).toBe('alive');
    expect(liveness.check(21, 21_000)).toBe('alive');
    expect(liveness.check(22, 32_000)).toBe('dripping');
  });
});
