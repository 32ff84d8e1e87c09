import type { Life } from '@hearsay/core';

/** Deletions of one name for which no time has to have gone by. */
const freeLives = 65_536;
/** Nothing was deleted before. */
const firstDeletionMs = Date.UTC(2025, 0, 1);
const maxLife = 4_294_967_295;

/**
 * Whether a name can have had so many lives by now: one a second. Whatever a peer or a guest makes up, the next life
 * of a name can then be told to everybody, at the latest a second later. `nowMs` is wall clock.
 */
export function isPlausibleLife(life: Life, nowMs: number): boolean {
  const most = freeLives + Math.max(0, Math.floor((nowMs - firstDeletionMs) / 1000));
  return Number.isInteger(life) && life >= 1 && life <= Math.min(most, maxLife);
}
