import { expect, test } from 'vitest';
import { drawPlan } from '../plan/draw-plan.ts';
import type { PlannedEvent } from '../plan/plan.ts';
import { runPlan } from './simulation.ts';

const edit = (at: number, client: number, ...numbers: [number, number, number, number]): PlannedEvent => {
  const [action, position, amount, value] = numbers;
  return { at, kind: 'edit', client, document: 0, edit: { action, position, amount, value } };
};

test('F8: an operator gives up what builds on an edit that nobody has any more, and nothing else', async () => {
  const events: PlannedEvent[] = [
    {
      at: 30,
      kind: 'fault',
      fault: 'partition',
      details: { target: 2, other: 0, durationMs: 3000, amount: 0.426 },
    },
    edit(1105, 0, 155, 1089, 4, 1354),
    edit(1591, 1, 806, 6102, 1, 9171),
    edit(1639, 1, 127, 8480, 2, 9825),
    {
      at: 2033,
      kind: 'fault',
      fault: 'lostRecord',
      details: { target: 1, other: 0, durationMs: 0, amount: 0.454 },
    },
  ];
  const plan = { ...drawPlan('quiet-6025', 'small'), faultyMs: 3116, events };
  const lost = await runPlan(plan);
  expect(lost.violations).toEqual([]);
  expect(Object.fromEntries(lost.coverage.entries())).toMatchObject({ 'state:salvaged': 1 });
  const unharmed = await runPlan({ ...plan, events: events.slice(0, -1) });
  expect(unharmed.violations).toEqual([]);
  expect(Object.fromEntries(unharmed.coverage.entries())).not.toHaveProperty('state:salvaged');
});
