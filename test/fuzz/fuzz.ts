import { createRandom, toHex } from '@hearsay/core';
import { mutate } from './mutate.ts';

/** A parser, with inputs it is known to take or to refuse, from which others are made. */
export interface FuzzTarget {
  readonly name: string;
  readonly corpus: readonly Uint8Array[];
  /** Feeds it one input; throws when something happens that must not. True where the input was taken. */
  feed(input: Uint8Array): boolean | Promise<boolean>;
  /** What makes a mutated input pass the outer checks: a checksum put right. */
  seal?(input: Uint8Array): Uint8Array;
}

/** An input that broke something, or took too long however often it was repeated. */
export interface FuzzFinding {
  readonly target: string;
  readonly input: string;
  readonly problem: string;
}

export interface FuzzReport {
  inputs: number;
  taken: number;
  /** Of all inputs, and of inputs that were slow whenever they were repeated (milliseconds). */
  longestMs: number;
  longestRepeatedMs: number;
  readonly findings: FuzzFinding[];
}

/** No input may hold up a process longer than this. */
export const stallMs = 250;

export function emptyReport(): FuzzReport {
  return { inputs: 0, taken: 0, longestMs: 0, longestRepeatedMs: 0, findings: [] };
}

/** Feeds the corpus as it is, then mutations of it, until `goOn` says no. Seed and count determine the inputs. */
export async function fuzz(
  target: FuzzTarget,
  seed: string,
  report: FuzzReport,
  goOn: (inputs: number) => boolean,
): Promise<void> {
  const random = createRandom(`fuzz ${target.name} ${seed}`);
  for (let inputs = 0; goOn(inputs); inputs++) {
    const base = target.corpus[inputs] ?? random.pick(target.corpus) ?? new Uint8Array();
    let input = inputs < target.corpus.length ? base : mutate(base, target.corpus, random);
    if (target.seal !== undefined && random.chance(0.8)) input = target.seal(input);
    await feedTimed(target, input, report);
  }
}

async function feedTimed(target: FuzzTarget, input: Uint8Array, report: FuzzReport): Promise<void> {
  report.inputs++;
  try {
    let [tookMs, taken] = await timed(target, input);
    if (taken) report.taken++;
    report.longestMs = Math.max(report.longestMs, tookMs);
    if (tookMs <= stallMs) return;
    // A busy machine or a collection of garbage does not strike the same input four times.
    for (let again = 0; again < 3; again++) [tookMs] = minimum([tookMs], await timed(target, input));
    report.longestRepeatedMs = Math.max(report.longestRepeatedMs, tookMs);
    if (tookMs > stallMs) note(report, target, input, `takes ${Math.round(tookMs)} ms`);
  } catch (error) {
    note(report, target, input, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

async function timed(target: FuzzTarget, input: Uint8Array): Promise<[number, boolean]> {
  const startedAt = performance.now();
  const fed = target.feed(input);
  const taken = typeof fed === 'boolean' ? fed : await inTime(fed);
  return [performance.now() - startedAt, taken];
}

/** An answer that never comes is not waited for. */
async function inTime(fed: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerMs / 1000} s`)), answerMs);
  });
  return Promise.race([fed, late]).finally(() => clearTimeout(timer));
}

const answerMs = 10_000;

function minimum([a]: readonly [number], [b]: readonly [number, boolean]): [number] {
  return [Math.min(a, b)];
}

function note(report: FuzzReport, target: FuzzTarget, input: Uint8Array, problem: string): void {
  if (report.findings.length < 20) {
    report.findings.push({ target: target.name, input: toHex(input.subarray(0, 4096)), problem });
  }
}
