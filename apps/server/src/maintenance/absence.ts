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
  const until = (await runningUntil(store)) ?? (rules.joins ? (await restoredOf(store))?.asOf : undefined);
  if (until !== undefined && clock.now() - until > certificateMs) {
    throw new HearsayError('REPLICA_TOO_OLD', told(until, rules));
  }
}

/** Whether a node that joins nobody may be met by members of its cluster. */
export interface Meetings {
  /** Why it may not, asked when one has proved to be a member; undefined: it may, and has met others from then on. */
  refusal(): string | undefined;
  /** Whether one was refused. */
  readonly hasRefused: boolean;
}

/**
 * What a restored store is asked where it joins nobody, and others call it: one that stays alone, or is the first of a new
 * cluster, is never too old.
 */
export async function watchMeetings(store: States, rules: Omit<AbsenceRules, 'joins'>): Promise<Meetings> {
  const restored = (await runningUntil(store)) === undefined ? await restoredOf(store) : undefined;
  let hasMet = rules.isAccepted || restored === undefined || restored.isFirst;
  let hasRefused = false;
  return {
    refusal() {
      const { clock, certificateMs } = rules;
      const asOf = restored?.asOf ?? 0;
      hasMet ||= store.status().documents === 0 || clock.now() - asOf <= certificateMs;
      if (hasMet) return undefined;
      hasRefused = true;
      return told(asOf, rules);
    },
    get hasRefused() {
      return hasRefused;
    },
  };
}

function told(
  until: number,
  { clock, certificateMs }: Pick<AbsenceRules, 'clock' | 'certificateMs'>,
): string {
  const days = (ms: number): string => `${Math.round(ms / 8_640_000) / 10} days`;
  return (
    `this store is as of ${new Date(until).toISOString()}, ${days(clock.now() - until)} ago; ` +
    `deletions are remembered for ${days(certificateMs)}`
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

const restoredShape = z.object({ asOf: z.number(), isFirst: z.boolean().default(false) });

async function restoredOf(store: States): Promise<z.infer<typeof restoredShape> | undefined> {
  const bytes = await store.readState(restoredRecord);
  if (bytes === undefined) return undefined;
  return restoredShape.safeParse(JSON.parse(utf8Decode(bytes))).data;
}
