import type { DocumentKey } from '@hearsay/core';
import type { ContentEntry } from '../../ports.ts';

/** What some documents contain, for the receiver to compare where it has the same versions. */
export interface SampleMessage {
  readonly type: 'sample';
  readonly entries: readonly ContentEntry[];
}

/** Of a sample: the same version here, and other contents. */
export interface ConflictsMessage {
  readonly type: 'conflicts';
  readonly keys: readonly DocumentKey[];
}

export type ContentsMessage = SampleMessage | ConflictsMessage;
