import type { Trial } from './trial.ts';

/** All there are, by name. */
export const trials: Readonly<Record<string, Trial>> = {};
