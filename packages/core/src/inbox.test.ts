import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.ts';

function inbox(perTurn = 2) {
  const handled: number[] = [];
  const reading: string[] = [];
  let turns: (() => void)[] = [];
  const box = new Inbox<number>({
    handle: (message) => handled.push(message),
    pause: () => reading.push('pause'),
    resume: () => reading.push('resume'),
    nextTurn: (run) => turns.push(run),
    perTurn,
  });
  const turn = (): void => {
    const due = turns;
    turns = [];
    for (const run of due) run();
  };
  return { box, handled, reading, turn, waits: () => turns.length };
}

describe('an inbox', () => {
  it('K12: handles so many messages in a turn, in order, and has no more read meanwhile', () => {
    const { box, handled, reading, turn, waits } = inbox();
    for (let message = 1; message <= 5; message++) box.put(message);
    expect([handled, reading]).toEqual([[1, 2], ['pause']]);
    turn();
    expect([handled, reading]).toEqual([[1, 2, 3, 4], ['pause']]);
    box.put(6);
    turn();
    expect([handled, reading]).toEqual([
      [1, 2, 3, 4, 5, 6],
      ['pause', 'resume'],
    ]);
    turn();
    box.put(7);
    expect(handled.at(-1)).toBe(7);
    turn();
    expect([reading.length, waits()]).toEqual([2, 0]);
  });

  it('K12: handles nothing while it is held, and goes on where it was', () => {
    const { box, handled, reading, turn } = inbox(10);
    box.put(1);
    box.hold();
    for (let message = 2; message <= 4; message++) box.put(message);
    turn();
    expect([handled, reading]).toEqual([[1], ['pause']]);
    box.release();
    expect(handled).toEqual([1]);
    turn();
    expect([handled, reading]).toEqual([
      [1, 2, 3, 4],
      ['pause', 'resume'],
    ]);
  });

  it('K12: held by what it hands over, it stops there', () => {
    const handled: number[] = [];
    let turns: (() => void)[] = [];
    const box: Inbox<number> = new Inbox<number>({
      handle: (message) => {
        handled.push(message);
        if (message === 2) box.hold();
      },
      pause: () => {},
      resume: () => {},
      nextTurn: (run) => turns.push(run),
      perTurn: 10,
    });
    for (let message = 1; message <= 4; message++) box.put(message);
    expect(handled).toEqual([1, 2]);
    box.release();
    for (const run of turns.splice(0)) run();
    turns = [];
    expect(handled).toEqual([1, 2, 3, 4]);
  });

  it('K12: what has come before the end is handled, held or not, and only then it ends', () => {
    const { box, handled, turn } = inbox();
    for (let message = 1; message <= 5; message++) box.put(message);
    box.hold();
    box.end(() => handled.push(-1));
    for (let turns = 0; turns < 3; turns++) turn();
    expect(handled).toEqual([1, 2, 3, 4, 5, -1]);
    const empty = inbox();
    empty.box.end(() => empty.handled.push(-1));
    expect(empty.handled).toEqual([-1]);
  });
});
