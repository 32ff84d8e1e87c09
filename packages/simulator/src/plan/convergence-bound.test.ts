import { expect, test } from 'vitest';
import type { FaultKind } from '../faults/fault-kinds.ts';
import { convergenceBoundMs } from './convergence-bound.ts';
import { drawPlan } from './draw-plan.ts';
import type { PlannedEvent, SimulationPlan } from './plan.ts';

const details = { target: 0, other: 0, durationMs: 1000, amount: 0.5 };

function planOf(kinds: readonly FaultKind[], more: Partial<SimulationPlan> = {}): SimulationPlan {
  const events = kinds.map((fault): PlannedEvent => ({ at: 0, kind: 'fault', fault, details }));
  const gossip = { mode: 'push-pull', repairIntervalMs: 2000 } as const;
  return { ...drawPlan('bound'), clocks: [{ skewMs: 0, drift: 0 }], events, gossip, ...more };
}

test('F7: the time to become equal is a minute and some repairs, and more only where the faults of a plan take it', () => {
  expect(convergenceBoundMs(planOf(['partition', 'kill', 'slow', 'clockForward']))).toBe(66_000);
  expect(convergenceBoundMs(planOf(['partition', 'halfOpen']))).toBe(126_000);
  expect(convergenceBoundMs(planOf(['duplicate', 'halfOpen']))).toBe(366_000);
  expect(convergenceBoundMs(planOf(['newDisk', 'duplicate']))).toBe(426_000);
});

test('F7: clocks ten minutes apart delay what is deleted by five minutes, and nothing else', () => {
  const clocks = [-300_000, 300_000].map((skewMs) => ({ skewMs, drift: 0 }));
  const deletion: PlannedEvent = { at: 0, kind: 'delete', node: 0, document: 0 };
  expect(convergenceBoundMs(planOf([], { clocks }))).toBe(66_000);
  expect(convergenceBoundMs(planOf([], { clocks, events: [deletion] }))).toBe(369_000);
});
