import type { DocumentChange } from '../../ports.ts';

/** A change and its place in the sender's outbox. The pieces of a large one share it. */
export interface MailEntry {
  readonly sequence: number;
  readonly change: DocumentChange;
}

/** News, in the order of the sender's outbox. */
export interface DeliveryMessage {
  readonly type: 'delivery';
  /** 1 for the first on a link, then one more each: a gap would make a lie of the receipt. */
  readonly number: number;
  /** The receiver has, after this message, all it is to be told of the outbox up to here. */
  readonly through: number;
  readonly entries: readonly MailEntry[];
}

/** Everything up to `through` is synced to disk at the sender of this message, except some. */
export interface ReceiptMessage {
  readonly type: 'receipt';
  readonly through: number;
  /** Sequences not stored (yet), ascending; left to repair. The list of a later receipt replaces this one. */
  readonly except: readonly number[];
  /** Nothing is promised of what came up to here: more could not be stored than is listed. */
  readonly unsure: number;
}

export type MailMessage = DeliveryMessage | ReceiptMessage;
