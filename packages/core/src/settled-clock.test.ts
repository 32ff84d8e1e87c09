import { describe, expect, it } from 'vitest';
import { type WatchedClock, watchClock } from './settled-clock.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const began = Date.UTC(2026, 0, 1);

/** A machine whose wall clock is moved by hand; timers fire as its time goes by. */
class Machine {
  offsetMs = began;
  #atMs = 0;
  #timer: { readonly at: number; readonly fire: () => void } | undefined;
  readonly watched: WatchedClock;

  constructor() {
    this.watched = watchClock({
      clock: { now: () => this.wall, monotonic: () => this.#atMs },
      timers: {
        set: (delayMs, fire) => {
          this.#timer = { at: this.#atMs + delayMs, fire };
          return () => {
            this.#timer = undefined;
          };
        },
      },
      settleMs: 10 * minute,
    });
  }

  get wall(): number {
    return this.offsetMs + this.#atMs;
  }

  get isWatching(): boolean {
    return this.#timer !== undefined;
  }

  pass(ms: number): void {
    const end = this.#atMs + ms;
    for (let timer = this.#timer; timer !== undefined && timer.at <= end; timer = this.#timer) {
      this.#atMs = timer.at;
      this.#timer = undefined;
      timer.fire();
    }
    this.#atMs = end;
  }
}

describe('settled clock', () => {
  it.each([
    ['a day ahead', day],
    ['an hour back', -hour],
  ])(
    'K10: a jump that is undone in time, %s, is never told, and nothing is settled meanwhile',
    (_, jumpMs) => {
      const machine = new Machine();
      machine.pass(hour);
      for (let time = 0; time < 3; time++) {
        const before = machine.watched.now();
        expect([before, machine.watched.isSettled()]).toEqual([machine.wall, true]);
        machine.offsetMs += jumpMs;
        expect([machine.watched.now(), machine.watched.isSettled()]).toEqual([before, false]);
        machine.pass(9 * minute);
        expect([machine.watched.now(), machine.watched.isSettled()]).toEqual([before + 9 * minute, false]);
        machine.offsetMs -= jumpMs;
        expect([machine.watched.now(), machine.watched.isSettled()]).toEqual([before + 9 * minute, true]);
      }
    },
  );

  it('K10: a clock that was set right, or a machine that slept, is believed after its time', () => {
    const machine = new Machine();
    machine.pass(hour);
    machine.offsetMs += 3 * hour;
    machine.pass(13 * minute);
    expect([machine.watched.now(), machine.watched.isSettled()]).toEqual([machine.wall, true]);
  });

  it('K10: nothing is settled at the start; a clock that is set right then is followed at once', () => {
    const machine = new Machine();
    machine.offsetMs += day;
    machine.pass(9 * minute);
    expect([machine.watched.now(), machine.watched.isSettled()]).toEqual([machine.wall, false]);
    machine.offsetMs -= day;
    expect(machine.watched.now()).toBe(machine.wall);
    machine.pass(9 * minute);
    expect(machine.watched.isSettled()).toBe(false);
    machine.pass(minute);
    expect(machine.watched.isSettled()).toBe(true);
  });

  it('K10: a leap second, a slew and a clock that runs too fast are nothing', () => {
    const machine = new Machine();
    machine.pass(hour);
    machine.offsetMs -= 1000;
    expect([machine.watched.now(), machine.watched.isSettled()]).toEqual([machine.wall, true]);
    for (let quarter = 0; quarter < 96; quarter++) {
      machine.pass(15 * minute);
      // Half a millisecond a second, the most that NTP slews by.
      machine.offsetMs += 450;
      expect([machine.watched.now(), machine.watched.isSettled()]).toEqual([machine.wall, true]);
    }
  });

  it('K10: it is watched until it is stopped', () => {
    const machine = new Machine();
    expect(machine.isWatching).toBe(true);
    machine.watched.stop();
    expect(machine.isWatching).toBe(false);
  });
});
