import { setTimeout as delay } from 'node:timers/promises';
import type { Registry } from 'prom-client';

/** Rests for so many times as long as a page took: all who ask, however many, cost a tenth of the processor. */
const restPerWork = 9;

/**
 * The page of metrics, made for all together who have asked until then, and never of a moment before one of them asked. While
 * it is asked for without end it is made again and again, with rests.
 */
export function createMetricsPage(registry: Pick<Registry, 'metrics'>): () => Promise<string> {
  let next: Promise<string> | undefined;
  let rested: Promise<unknown> = Promise.resolve();

  async function make(): Promise<string> {
    await rested;
    next = undefined;
    const began = performance.now();
    try {
      return await registry.metrics();
    } finally {
      rested = delay((performance.now() - began) * restPerWork, undefined, { ref: false });
    }
  }

  return () => {
    next ??= make();
    return next;
  };
}
