import type { DocumentKey } from '@hearsay/core';
import type { DocumentChange, DocumentDescription } from '../../ports.ts';

/** Which way documents are made equal, as seen from the one who asks. */
export type ExchangeMode = 'push' | 'pull' | 'push-pull';

/** Rung 3: "this is what I have of these documents; what have you?" */
export interface DescribeMessage {
  readonly type: 'describe';
  /** The asker's number for this batch. */
  readonly batch: number;
  readonly mode: ExchangeMode;
  readonly descriptions: readonly DocumentDescription[];
}

/** What one described document lacks at the asker, and what it lacks at the answerer. */
export interface DifferenceItem {
  readonly key: DocumentKey;
  /** In order; more of them follow when asked again if `partial`. */
  readonly changes: readonly DocumentChange[];
  readonly partial: boolean;
  /** The answerer's description, when the asker has something for it. */
  readonly wanted: DocumentDescription | null;
}

/** The answer to a describe, as far as its byte budget went. */
export interface DifferencesMessage {
  readonly type: 'differences';
  readonly batch: number;
  readonly items: readonly DifferenceItem[];
  /** Documents to be asked about again. */
  readonly unanswered: readonly DocumentKey[];
}

/** What the answerer wanted. */
export interface ChangesMessage {
  readonly type: 'changes';
  readonly batch: number;
  readonly changes: readonly DocumentChange[];
}

/** The changes are stored and synced, except those of some documents. */
export interface StoredMessage {
  readonly type: 'stored';
  readonly batch: number;
  readonly refused: readonly DocumentKey[];
}

export type DocumentsMessage = DescribeMessage | DifferencesMessage | ChangesMessage | StoredMessage;
