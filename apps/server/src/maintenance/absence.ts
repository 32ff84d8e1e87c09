import { ByteWriter, type Clock, decode, type SettledClock, type Timers, utf8Decode } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import { restoredRecord } from '@hearsay/storage/node';
import { z } from 'zod';
import { HearsayError } from '../failures.ts';

const record = 'running-until';
/** How exactly a node knows how long it was away, milliseconds. */
const noteMs = 3_600_000;
const minNoteMs = 1000;

export interface AbsenceRules {
  readonly clock: Pick<Clock, 'now'>;
  /** Milliseconds that every node remembers deletions. */
  readonly certificateMs: number;
  /** Whether there are peers to meet. */
  readonly joins: boolean;
  /** Whether the operator says that this node is the one to go on from. */
  readonly isAccepted: boolean;
}

type States = Pick<DocumentStore, 'readState' | 'writeState' | 'status'>;

/**
 * Refuses a store that was away, or comes from a backup made, longer ago than deletions are remembered everywhere: what was
 * deleted meanwhile would come back with it.
 */
export async function refuseStale(store: States, rules: AbsenceRules): Promise<void> {
  const { clock, certificateMs } = rules;
  if (rules.isAccepted || store.status().documents === 0) return;
  const until = (await runningUntil(store)) ?? (rules.joins ? await restoredAsOf(store) : undefined);
  if (until === undefined || clock.now() - until <= certificateMs) return;
  const days = (ms: number): string => `${Math.round(ms / 8_640_000) / 10} days`;
  throw new HearsayError(
    'REPLICA_TOO_OLD',
    `this store is as of ${new Date(until).toISOString()}, ${days(clock.now() - until)} ago; ` +
      `deletions are remembered for ${days(certificateMs)}`,
  );
}

/** Notes now and then that this node is there, once it has met others. */
export function noteRunning(deps: {
  readonly store: States;
  /** One that does not follow every jump: a note of next year would hide an absence. */
  readonly clock: Pick<SettledClock, 'now'>;
  readonly timers: Timers;
  readonly certificateMs: number;
  hasPeers(): boolean;
}): { stop(): Promise<void> } {
  const { store, clock, timers } = deps;
  const everyMs = Math.min(noteMs, Math.max(minNoteMs, deps.certificateMs / 100));
  let cancel = timers.set(everyMs, again);
  let noting: Promise<void> = Promise.resolve();

  async function note(): Promise<void> {
    if (store.status().state !== 'ready') return;
    if (!deps.hasPeers() && (await runningUntil(store)) === undefined) return;
    await store.writeState(record, new ByteWriter(9).varUint(clock.now()).finish());
  }

  function again(): void {
    // A store that is gone says so elsewhere.
    noting = note().catch(() => {});
    cancel = timers.set(everyMs, again);
  }

  return {
    async stop() {
      cancel();
      await noting;
      await note().catch(() => {});
    },
  };
}

async function runningUntil(store: States): Promise<number | undefined> {
  const bytes = await store.readState(record);
  const read = bytes === undefined ? undefined : decode(bytes, (reader) => reader.varUint());
  return read?.ok ? read.value : undefined;
}

const restored = z.object({ asOf: z.number() });

async function restoredAsOf(store: States): Promise<number | undefined> {
  const bytes = await store.readState(restoredRecord);
  if (bytes === undefined) return undefined;
  return restored.safeParse(JSON.parse(utf8Decode(bytes))).data?.asOf;
}
