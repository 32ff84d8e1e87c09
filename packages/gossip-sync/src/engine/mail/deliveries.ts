import { limits } from '@hearsay/core';
import type { OutboxEntry } from '../../ports.ts';
import { changeBytes, piecesOf } from '../changes.ts';
import type { MailConfig } from './config.ts';
import type { DeliveryMessage, MailEntry } from './messages.ts';

export interface Delivery {
  readonly message: Omit<DeliveryMessage, 'number'>;
  /** Roughly, on the wire. */
  readonly bytes: number;
}

/** Packs outbox entries into messages, in order. The last one reaches `through`; each earlier one its last whole entry. */
export function packDeliveries(
  entries: readonly OutboxEntry[],
  through: number,
  config: Pick<MailConfig, 'batchBytes' | 'pieceBytes'>,
): Delivery[] {
  const deliveries: Delivery[] = [];
  let batch: MailEntry[] = [];
  let bytes = 0;
  const close = (reached: number): void => {
    deliveries.push({ message: { type: 'delivery', through: reached, entries: batch }, bytes });
    batch = [];
    bytes = 0;
  };
  for (const { sequence, change } of entries) {
    for (const piece of piecesOf(change, config.pieceBytes)) {
      const size = changeBytes(piece);
      const isFull = bytes + size > config.batchBytes || batch.length >= limits.documentsPerMessage;
      if (batch.length > 0 && isFull) close(reachedBefore(batch, sequence));
      batch.push({ sequence, change: piece });
      bytes += size;
    }
  }
  if (batch.length > 0) close(through);
  return deliveries;
}

/** A receipt for a message that ends inside an update must not count as one for the whole update. */
function reachedBefore(batch: readonly MailEntry[], next: number): number {
  const last = batch.at(-1)?.sequence ?? 0;
  return last === next ? last - 1 : last;
}
