/** A long experiment with real nodes: what it measures, and what must hold. */
export interface Trial {
  readonly about: string;
  /** What it takes beyond the rights of a user. */
  readonly needs?: 'root';
  run(options: TrialOptions): Promise<readonly Measure[]>;
}

export interface TrialOptions {
  /** Share of the full size, above 0 and up to 1; 1 is what figures are told of. */
  readonly scale: number;
  readonly seed: string;
  /** Checkout of another release, compiled, for trials of two. */
  readonly other: string | undefined;
  /** Ends it early, with what there is. */
  readonly signal: AbortSignal;
  /** Tells how far it is, a line at a time. */
  say(line: string): void;
}

/** It cannot be run here: the message says what it takes. */
export class TrialRefusedError extends Error {}

/** One figure of a trial, with the limit that it keeps when there is one. */
export interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export function isKept({ value, atMost, atLeast }: Measure): boolean {
  return !(Number.isNaN(value) || value > (atMost ?? value) || value < (atLeast ?? value));
}

export function lineOf(measure: Measure): string {
  const { what, value, unit, atMost, atLeast } = measure;
  const limits = [
    ...(atMost === undefined ? [] : [`at most ${figure(atMost)}`]),
    ...(atLeast === undefined ? [] : [`at least ${figure(atLeast)}`]),
  ];
  const verdict = limits.length === 0 ? '' : isKept(measure) ? 'kept' : 'BROKEN';
  const limit = limits.length === 0 ? '' : ` (${limits.join(', ')})`;
  return `  ${what.padEnd(56)} ${figure(value).padStart(10)} ${unit}${limit} ${verdict}`.trimEnd();
}

function figure(value: number): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
