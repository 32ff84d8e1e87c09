import { drawPlan, runPlan } from '@hearsay/simulator';
import { expect, it } from 'vitest';
import { runSeeds, seedsOf } from './seeds.ts';

it('Y5: over 25 seeds a healthy core of nodes gets on, whatever befalls the others', {
  timeout: 900_000,
}, async () => {
  const coverage = await runSeeds(seedsOf('core', 25), 'core');
  expect(coverage.of('state:editsAwaitedInCore')).toBeGreaterThan(500);
  const biting = coverage.entries().filter(([what]) => what.startsWith('fault:'));
  expect(biting.length).toBeGreaterThan(15);
});

it('Y5: a core that something does befall is found out', { timeout: 300_000 }, async () => {
  const plan = drawPlan('core0', 'core');
  const details = { target: 0, other: 0, durationMs: 20_000, amount: 0.5 };
  const isolated = { at: plan.faultyMs - 25_000, kind: 'fault', fault: 'isolate', details } as const;
  const edits = plan.events.filter(({ kind }) => kind === 'edit');
  const { violations } = await runPlan({ ...plan, events: [isolated, ...edits] });
  expect(violations).toMatchObject([{ oracle: 'progress' }]);
});
