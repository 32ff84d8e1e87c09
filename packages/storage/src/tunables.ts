import { limits } from '@hearsay/core';

export interface StoreTunables {
  readonly maxQueueBytes: number;
  readonly maxBatchBytes: number;
  readonly maxOpenDocumentBytes: number;
  readonly maxIndexCacheBytes: number;
  readonly indexPageDocuments: number;
  readonly maxOutboxBytes: number;
  readonly maxOutboxEntries: number;
  readonly maxRecentMailBytes: number;
  readonly compactTailUpdates: number;
  readonly compactTailBytes: number;
  readonly reopenDelayMs: number;
  readonly maxReopenDelayMs: number;
  readonly reopenGiveUpMs: number;
  readonly maxRebuildBytes: number;
  readonly leaseCheckMs: number;
  readonly sentinelMs: number;
  readonly stallMs: number;
  readonly maxComparedBytes: number;
  readonly maxKeptPieceBytes: number;
}

export const storeTunables: StoreTunables = {
  /**
   * Bytes that may wait to be written. More rides out a slower disk, at the cost of memory and of latency for
   * everybody; at 50 MB/s this is 0.6 s of disk.
   */
  maxQueueBytes: 33_554_432,
  /**
   * Bytes of one batch. More batches per fsync are cheaper, fewer answer sooner; LevelDB's own write buffer is 4 MiB.
   */
  maxBatchBytes: 4_194_304,
  /** Bytes of versions kept in memory, estimated: 600 and 50 an author for each document; 50,000 small ones. */
  maxOpenDocumentBytes: 33_554_432,
  /** Bytes of index nodes kept in memory. All inner nodes of 1,000,000 documents take about twice that. */
  maxIndexCacheBytes: 16_777_216,
  /** Documents brought into the index in one batch: paths they share are hashed once, the others wait that long. */
  indexPageDocuments: 1024,
  /** Bytes of update that the mail log refers to. */
  maxOutboxBytes: limits.mailQueueBytes,
  /** References in the mail log, 40 bytes each: bounds what a start reads. */
  maxOutboxEntries: 131_072,
  /** Bytes of memory for committed changes that are kept for mail, so that peers in step cost no reads: 16,000 small ones. */
  maxRecentMailBytes: 8_388_608,
  /** Updates in a tail at which the document is compacted: opening replays them all, 1–2 µs each. */
  compactTailUpdates: 500,
  /** Bytes of tail at which it is, unless the snapshot is longer: each byte is then rewritten about twice. */
  compactTailBytes: 65_536,
  /** Milliseconds before a second attempt to open the database again; doubled up to the maximum. */
  reopenDelayMs: 250,
  /** Milliseconds; writing must resume within 30 s of space coming back. */
  maxReopenDelayMs: 10_000,
  /**
   * Milliseconds of waiting after which a store on a disk that works no more, full ones aside, gives up: its process ends
   * with a code. Longer rides out worse disks, while clients wait for what another node could give them at once.
   */
  reopenGiveUpMs: 60_000,
  /** Bytes held in memory while a damaged document arrives anew. */
  maxRebuildBytes: 67_108_864,
  /** Milliseconds between two looks at the lock file: so long may two processes write to one directory at most. */
  leaseCheckMs: 60_000,
  /**
   * Milliseconds after a batch until the sentinel knows of it: a tail that is lost within them is not missed. Shorter costs
   * a write of a small file for every interval with writes in it.
   */
  sentinelMs: 10_000,
  /** Milliseconds that a batch may take before the disk counts as one that hangs. Slow ones answer within a second or two. */
  stallMs: 5000,
  /**
   * Bytes of a document whose contents are compared with a peer's. Larger ones are left out: each comparison builds the
   * document, in 0.1 s for one of a quarter of a million edits.
   */
  maxComparedBytes: 8_388_608,
  /**
   * Bytes in memory of large documents that are cut for peers. What does not fit is cut anew for every answer: by another thread, in a
   * second for 27 MB.
   */
  maxKeptPieceBytes: 67_108_864,
};
