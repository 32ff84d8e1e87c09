import type { Estimate } from './estimate.ts';

/**
 * How many standard errors an estimate lies off a printed value; being off by half the last printed `unit` is
 * rounding and forgiven. For tests, which allow four with a fixed seed.
 */
export function standardErrorsOff({ mean, halfWidth }: Estimate, printed: number, unit: number): number {
  const off = Math.max(0, Math.abs(mean - printed) - unit / 2);
  // The half width is about two standard errors.
  return off === 0 ? 0 : off / (halfWidth / 2);
}

/** The unit of the last of so many significant digits. */
export function lastUnit(printed: number, digits: number): number {
  return 10 ** (Math.floor(Math.log10(Math.abs(printed))) + 1 - digits);
}
