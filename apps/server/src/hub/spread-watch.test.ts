import { expect, test } from 'vitest';
import { type Spread, SpreadWatch } from './spread-watch.ts';

/** A cluster whose spread the test sets, and timers that it fires. */
function fixture(): {
  readonly watch: SpreadWatch;
  readonly spread: { now: Spread };
  readonly compared: number[];
  fire(): boolean;
} {
  const spread = { now: { nodes: 1, regions: false } };
  const compared: number[] = [];
  let due: (() => void) | undefined;
  const watch = new SpreadWatch({
    outboxHead: async () => 7,
    spreadOf: (sequence) => (sequence === 7 ? spread.now : { nodes: 0, regions: false }),
    compare: (sequence) => compared.push(sequence),
    timers: {
      set: (_, fire) => {
        due = fire;
        return () => {
          due = undefined;
        };
      },
    },
  });
  const fire = (): boolean => {
    const run = due;
    due = undefined;
    run?.();
    return run !== undefined;
  };
  return { watch, spread, compared, fire };
}

test('O37: a level is told once, when it is reached and not before; nothing is looked at when nobody waits', async () => {
  const { watch, spread, fire } = fixture();
  const told: string[] = [];
  await watch.wait({ nodes: 1, regions: false }, () => told.push('one'));
  expect(told).toEqual(['one']);
  expect(fire()).toBe(false);
  await watch.wait({ nodes: 2, regions: false }, () => told.push('two'));
  await watch.wait({ nodes: 0, regions: true }, () => told.push('regions'));
  const stop = await watch.wait({ nodes: 3, regions: false }, () => told.push('three'));
  fire();
  expect(told).toEqual(['one']);
  spread.now = { nodes: 2, regions: false };
  fire();
  expect(told).toEqual(['one', 'two']);
  spread.now = { nodes: 2, regions: true };
  fire();
  expect(told).toEqual(['one', 'two', 'regions']);
  stop();
  expect(fire()).toBe(false);
  spread.now = { nodes: 3, regions: true };
  expect(told).toHaveLength(3);
});

test('O37: who waits for long makes the node compare with peers, now and then', async () => {
  const { watch, compared, fire } = fixture();
  await watch.wait({ nodes: 2, regions: false }, () => {});
  for (let look = 0; look < 25; look++) fire();
  expect(compared).toEqual([7, 7]);
  watch.close();
  expect(fire()).toBe(false);
});
