import { utf8Decode, utf8Encode } from '@hearsay/core';
import type { Lineage, ResetReason } from '../channel/channel-types.ts';

/** That a copy was put aside. Once its records are discarded this stays, so that its number is not given again. */
export interface AsideCard {
  readonly reason: ResetReason;
  /** Unix milliseconds. */
  readonly at: number;
  readonly isDiscarded: boolean;
}

export const unknownLineage: Lineage = { life: 0, cluster: '' };

export function encodeCard(card: AsideCard | Lineage): Uint8Array {
  return utf8Encode(JSON.stringify(card));
}

/** Throws on what {@link encodeCard} did not write. */
export function decodeAside(bytes: Uint8Array): AsideCard {
  const card: AsideCard = JSON.parse(utf8Decode(bytes));
  return card;
}

/** Throws on what {@link encodeCard} did not write. */
export function decodeLineage(bytes: Uint8Array | undefined): Lineage {
  if (bytes === undefined) return unknownLineage;
  const lineage: Lineage = JSON.parse(utf8Decode(bytes));
  return lineage;
}
