import { randomInt } from 'node:crypto';
import type { Trace } from './trace.ts';

/**
 * A history cut into strands: chains of steps by one agent in which each step knows the one before. What a step knows
 * is then exactly one number per strand, however the agents branched and merged.
 */
export interface StrandedStep {
  readonly index: number;
  readonly agent: number;
  readonly strand: number;
  /** 1 for the first step of its strand. */
  readonly position: number;
  /** How many steps of each strand the state it was made in holds. */
  readonly knows: ReadonlyMap<number, number>;
}

export function cutIntoStrands(trace: Trace): StrandedStep[] {
  const steps: StrandedStep[] = [];
  const lastOfAgent = new Map<number, StrandedStep>();
  let strands = 0;
  for (const [index, { agent, parents }] of trace.transactions.entries()) {
    const knows = new Map<number, number>();
    for (const parent of parents) {
      const step = steps[parent];
      if (step === undefined) throw new RangeError(`no step ${parent}`);
      raise(knows, step.strand, step.position);
      for (const [strand, position] of step.knows) raise(knows, strand, position);
    }
    const last = lastOfAgent.get(agent);
    const continues = last !== undefined && (knows.get(last.strand) ?? 0) === last.position;
    const step: StrandedStep = continues
      ? { index, agent, strand: last.strand, position: last.position + 1, knows }
      : { index, agent, strand: strands++, position: 1, knows };
    steps.push(step);
    lastOfAgent.set(agent, step);
  }
  return steps;
}

/**
 * A Yjs client id for each strand, drawn anew each time. What two agents insert at one place at one time stands in the
 * order of their ids, and a history's end tells it in the order of its agents.
 */
export function drawClientIds(steps: readonly StrandedStep[]): ReadonlyMap<number, number> {
  const agents = new Map(steps.map(({ strand, agent }) => [strand, agent]));
  const ids = new Set<number>();
  while (ids.size < agents.size) ids.add(randomInt(1, 2 ** 32));
  const ascending = [...ids].sort((a, b) => a - b);
  const strands = [...agents].sort(([a, agentA], [b, agentB]) => agentA - agentB || a - b);
  return new Map(strands.map(([strand], rank) => [strand, ascending[rank] as number]));
}

function raise(map: Map<number, number>, key: number, value: number): void {
  if ((map.get(key) ?? 0) < value) map.set(key, value);
}
