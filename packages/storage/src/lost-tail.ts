import type { Counters } from './records.ts';
import type { SentinelRecord } from './sentinel.ts';

/** What a database lacks of what its sentinel knows it to have held. */
export interface LostTail {
  readonly code: 'STORE_SHRUNK' | 'STORE_TAIL_LOST' | 'STORE_OUTDATED';
  readonly message: string;
  /** Changes that are gone, at least. */
  readonly changes: number;
  /** Whether it may have gone without a fault: it was never synced, and the power was lost. */
  readonly isLegal: boolean;
}

/**
 * Compares a database with its sentinel. Heads of feed and outbox never go back, and a start is noted inside before anybody is
 * served: where one of them is behind, the log was cut or the database is an older copy. What was written after
 * the sentinel, and is lost, does not show.
 */
export function lostTail(
  known: SentinelRecord,
  incarnation: number,
  counters: Counters,
): LostTail | undefined {
  const { reached } = known;
  const behind = reached === undefined ? 0 : reached.outboxHead - counters.outboxHead;
  const loss = { changes: Math.max(1, behind), isLegal: reached?.isSynced === false };
  if (counters.documents < known.documents) {
    const message = `the database has ${counters.documents} documents, there were ${known.documents}`;
    return { ...loss, code: 'STORE_SHRUNK', message };
  }
  if (reached === undefined) return undefined;
  if (behind > 0 || counters.feedHead < reached.feedHead) {
    const message = `the last ${loss.changes} changes or more are gone: there are ${counters.outboxHead}, there were ${reached.outboxHead}`;
    return { ...loss, code: 'STORE_TAIL_LOST', message };
  }
  if (incarnation < reached.incarnation) {
    const message = `the database is an older copy: it was last started as number ${incarnation}, its sentinel knows of ${reached.incarnation}`;
    return { ...loss, code: 'STORE_OUTDATED', message };
  }
  return undefined;
}
