import type { Outbox } from './outbox.ts';
import type { WriteRecords } from './record-writer.ts';
import type { StoreCounter } from './store-types.ts';

/** Deletes what the outbox has too much of, one piece of work at a time. */
export interface OutboxTrim {
  start(): Promise<void>;
  /** Resolves when nothing is being trimmed. */
  idle(): Promise<void>;
}

export function createOutboxTrim(deps: {
  readonly outbox: Outbox;
  readonly write: WriteRecords;
  count(counter: StoreCounter, by?: number): void;
}): OutboxTrim {
  let running: Promise<void> | undefined;

  async function trim(): Promise<void> {
    const excess = await deps.outbox.excess().catch(() => undefined);
    if (excess === undefined || !(await deps.write(excess.operations, { trim: excess }))) return;
    deps.count('outboxDropped', excess.entries);
  }

  return {
    start() {
      running ??= trim().finally(() => {
        running = undefined;
      });
      return running;
    },
    idle: async () => running,
  };
}
