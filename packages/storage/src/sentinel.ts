import type { ReplicaId } from '@hearsay/core';

/** What is known of a store outside its database, so that a lost or exchanged database is noticed. */
export interface SentinelRecord {
  /** Of the whole store; a node refuses what it does not know. */
  readonly format: number;
  readonly cluster: string;
  readonly replicaId: ReplicaId;
  readonly incarnation: number;
  /** Documents that the database held when this was written: it never holds fewer later. */
  readonly documents: number;
}

/**
 * A small record beside the database. `write` returns when the record is on disk, whole: a crash leaves the old one or
 * the new one.
 */
export interface Sentinel {
  /** Undefined when there is none; throws when there is one that cannot be read. */
  read(): Promise<SentinelRecord | undefined>;
  write(record: SentinelRecord): Promise<void>;
}

/** For tests and for databases that live in memory. */
export function memorySentinel(): Sentinel {
  let kept: SentinelRecord | undefined;
  return {
    read: async () => kept,
    write: async (record) => {
      kept = record;
    },
  };
}
