import type { Random } from '@hearsay/core';
import type { RumourConfig } from './config.ts';

/** The part of the configuration that decides when a rumour cools. */
export type StopRule = Pick<RumourConfig, 'stopMethod' | 'k'>;

/** The counter after a contact that counts against a rumour; `Infinity` when it is to be removed. */
export function countContact(count: number, rule: StopRule, random: Random): number {
  if (rule.stopMethod === 'coin') return random.chance(1 / rule.k) ? Number.POSITIVE_INFINITY : count;
  return count + 1 >= rule.k ? Number.POSITIVE_INFINITY : count + 1;
}
