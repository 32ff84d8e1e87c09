import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Arrivals, retryAfterSeconds } from './arrivals.ts';

/** A queue whose clock and turns are driven by hand. */
function driven() {
  const state = { now: 0, hasRoom: true, turns: [] as (() => void)[], timers: [] as (() => void)[] };
  const arrivals = new Arrivals({
    now: () => state.now,
    nextTurn: (run) => state.turns.push(run),
    later: (_, run) => state.timers.push(run),
    hasRoom: () => state.hasRoom,
    maxWaitMs: 5000,
  });
  const outcomes: (boolean | undefined)[] = [];
  const enter = (): EventEmitter => {
    const connection = new EventEmitter();
    const at = outcomes.push(undefined) - 1;
    void arrivals.enter(connection).then((isAdmitted) => {
      outcomes[at] = isAdmitted;
    });
    return connection;
  };
  const turn = async (): Promise<void> => {
    for (const run of [...state.turns.splice(0), ...state.timers.splice(0)]) run();
    await Promise.resolve();
  };
  const admitted = (): number => outcomes.filter((isAdmitted) => isAdmitted === true).length;
  return { arrivals, state, outcomes, enter, turn, admitted };
}

describe('the queue of clients', () => {
  test('A177: a few are let in in a turn, first come first served', async () => {
    const { state, outcomes, enter, turn, admitted } = driven();
    for (let at = 0; at < 20; at++) enter();
    expect(admitted()).toBe(0);
    await turn();
    expect(outcomes.map((isAdmitted) => isAdmitted === true).lastIndexOf(true)).toBe(7);
    await turn();
    await turn();
    expect(admitted()).toBe(20);
    expect(state.turns).toEqual([]);
  });

  test('A177: without room nobody is let in, until there is', async () => {
    const { state, enter, turn, admitted } = driven();
    state.hasRoom = false;
    enter();
    await turn();
    await turn();
    expect(admitted()).toBe(0);
    expect(state.turns).toEqual([]);
    state.hasRoom = true;
    await turn();
    expect(admitted()).toBe(1);
  });

  test('A178: who has waited for too long is turned away, and nobody else', async () => {
    const { arrivals, state, outcomes, enter, turn } = driven();
    state.hasRoom = false;
    enter();
    state.now = 4000;
    enter();
    await turn();
    state.now = 5000;
    await turn();
    expect(outcomes).toEqual([false, undefined]);
    expect(arrivals.counts).toEqual({ admitted: 0, turned_away: 1, gone: 0 });
  });

  test('A178: they are told to come back at different times', () => {
    const told = Array.from({ length: 400 }, retryAfterSeconds);
    expect(new Set(told).size).toBeGreaterThan(5);
    expect([Math.min(...told) >= 1, Math.max(...told) <= 10]).toEqual([true, true]);
  });

  test('A179: who hangs up leaves its place', async () => {
    const { arrivals, state, enter, turn, admitted } = driven();
    state.hasRoom = false;
    const many = Array.from({ length: 500 }, enter);
    enter();
    for (const connection of many) connection.emit('close');
    expect(arrivals.length).toBe(1);
    expect(arrivals.counts.gone).toBe(500);
    state.hasRoom = true;
    await turn();
    expect(admitted()).toBe(1);
    expect(many[0]?.listenerCount('close')).toBe(0);
  });

  test('A182: it is long well before anybody is turned away, and short again once it moves', async () => {
    const { arrivals, state, enter, turn } = driven();
    expect(arrivals.isOverloaded()).toBe(false);
    state.hasRoom = false;
    enter();
    state.now = 900;
    expect(arrivals.isOverloaded()).toBe(false);
    state.now = 1100;
    expect(arrivals.isOverloaded()).toBe(true);
    state.hasRoom = true;
    await turn();
    expect(arrivals.isOverloaded()).toBe(false);
  });

  test('A183: once closed it turns everybody away', async () => {
    const { arrivals, state, outcomes, enter, turn } = driven();
    state.hasRoom = false;
    enter();
    arrivals.close();
    enter();
    await turn();
    expect(outcomes).toEqual([false, false]);
  });
});
