import { vi } from 'vitest';

/** Waits until `check` throws no more: as long as a machine may need on which everything else is tested beside it. */
export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000, interval: 10 });
}
