import { malformed, missing } from './strict-reader.ts';

/** A run of structs of one client, in an update that has several. */
export interface Run {
  readonly client: number;
  /** Next clock after the run. */
  readonly end: number;
  /**
   * Structs of the run that wait for another run of the same update: clock, client and clock waited for, three
   * numbers each, ascending by the first.
   */
  readonly waits: readonly number[];
}

/**
 * Calls `visit` with (client, clock) in an order in which everything comes after what it waits for: all of the client's
 * run before that clock may come now. Refuses runs that wait for something that does not arrive with them, and runs
 * that wait for each other in a circle: Yjs would park both as pending structs for ever. Updates list clients by
 * descending id, not in causal order, so the order has to be found. Linear in the number of waits.
 */
export function visitCausally(
  runs: readonly Run[],
  visit: (client: number, clock: number) => void = ignore,
): void {
  const states = new Map<number, RunState>();
  for (const run of runs) {
    const state = { run, next: 0, waiting: false };
    states.set(run.client, state);
    visit(run.client, progressOf(state));
  }
  for (const state of states.values()) settle(state, states, visit);
}

interface RunState {
  readonly run: Run;
  /** Index into the waits of the first one not met. */
  next: number;
  /** Whether it is on the stack, that is, waits for the one on top. */
  waiting: boolean;
}

interface Frame {
  readonly state: RunState;
  /** The clock that whoever is below waits for. */
  readonly target: number;
}

function settle(
  first: RunState,
  states: ReadonlyMap<number, RunState>,
  visit: (client: number, clock: number) => void,
): void {
  const stack: Frame[] = [{ state: first, target: first.run.end - 1 }];
  first.waiting = true;
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { state, target } = frame;
    if (progressOf(state) > target) {
      state.waiting = false;
      stack.pop();
      continue;
    }
    const client = state.run.waits[state.next + 1] as number;
    const clock = state.run.waits[state.next + 2] as number;
    const other = states.get(client);
    if (other === undefined || clock >= other.run.end) missing(`no (${client}, ${clock})`);
    if (progressOf(other) > clock) {
      state.next += 3;
      visit(state.run.client, progressOf(state));
    } else {
      if (other.waiting) malformed('structs that wait for each other');
      other.waiting = true;
      stack.push({ state: other, target: clock });
    }
  }
}

/** Everything before this clock has all it waits for. */
function progressOf(state: RunState): number {
  return state.run.waits[state.next] ?? state.run.end;
}

function ignore(): void {}
