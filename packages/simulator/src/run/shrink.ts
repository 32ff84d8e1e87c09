import type { PlannedEvent, SimulationPlan } from '../plan/plan.ts';

/** Called after each attempt: how many events are left. */
export type OnShrunk = (events: number, attempts: number) => void;

/**
 * Takes events out of a failing plan, in ever smaller groups, as long as it still fails: what is left shows why. Stops
 * after `maxAttempts` runs.
 */
export async function shrinkPlan(
  plan: SimulationPlan,
  fails: (plan: SimulationPlan) => Promise<boolean>,
  maxAttempts: number,
  onShrunk: OnShrunk = () => {},
): Promise<SimulationPlan> {
  let events: readonly PlannedEvent[] = plan.events;
  let attempts = 0;
  for (let size = Math.ceil(events.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < events.length && attempts < maxAttempts; ) {
      const fewer = [...events.slice(0, from), ...events.slice(from + size)];
      attempts++;
      if (await fails({ ...plan, events: fewer })) events = fewer;
      else from += size;
      onShrunk(events.length, attempts);
    }
  }
  return { ...plan, events };
}
