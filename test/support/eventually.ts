import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `condition` gives true, asking every few milliseconds. What it throws ends the wait; so does the
 * deadline, with an Error that says what was waited for.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await delay(pollMs);
  }
}

const pollMs = 10;
