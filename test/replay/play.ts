import type { Participant } from './agents.ts';
import { Author, type StepUpdate } from './author.ts';
import { cutIntoStrands, drawClientIds } from './strands.ts';
import type { Trace, Transaction } from './trace.ts';

/** Called before each step; whatever it returns is waited for. */
export type BeforeStep = (index: number) => Promise<void> | void;

/**
 * Plays a history: each agent writes through its own participant, and makes a step only once everything that step's
 * author knew has reached it over the cluster.
 */
export async function play(
  trace: Trace,
  participants: readonly Participant[],
  beforeStep: BeforeStep,
): Promise<void> {
  const published = new Map<number, StepUpdate[]>();
  const steps = cutIntoStrands(trace);
  const clientIds = drawClientIds(steps);
  const authors = participants.map(() => new Author(published, clientIds, trace.hasAstral));
  for (const step of steps) {
    await beforeStep(step.index);
    const author = authors[step.agent] as Author;
    const participant = participants[step.agent] as Participant;
    for (const update of author.awaits(step)) await participant.holds(update);
    participant.publish(author.write(step, trace.transactions[step.index] as Transaction).update);
    if (step.index % stepsPerBreath === 0) await participant.flushed();
  }
}

/** Steps between two looks at the socket: often enough that editing and sending overlap, as they do for people. */
const stepsPerBreath = 16;
