import type { ReplicaId } from '@hearsay/core';

/** What is known of a store outside its database, so that a lost, cut or exchanged database is noticed. */
export interface SentinelRecord {
  /** Of the whole store; a node refuses what it does not know. */
  readonly format: number;
  readonly cluster: string;
  readonly replicaId: ReplicaId;
  readonly incarnation: number;
  /** Documents that the database held when this was written: it never holds fewer later. */
  readonly documents: number;
  /** Undefined in a sentinel of an earlier version. */
  readonly reached?: Reached | undefined;
  /** The id that the database may still have inside: it became another replica when this was written. */
  readonly replaces?: ReplicaId | undefined;
}

/** How far the database had come when the sentinel was written: it never goes back behind that. */
export interface Reached {
  /** The last start that is noted inside. */
  readonly incarnation: number;
  readonly feedHead: number;
  readonly outboxHead: number;
  /** False: the last of it was with the operating system alone, and a power loss may have taken it. */
  readonly isSynced: boolean;
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
