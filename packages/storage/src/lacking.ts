import { compareSketch, mergeUpdates, splitUpdate, type Version } from '@hearsay/document';

/** What a peer lacks of a document, in order. */
export interface Lacking {
  readonly updates: readonly Uint8Array[];
  /** As of a comparison of sketches. */
  readonly theyKnowMore: boolean;
  /** Whether that may not be all. */
  readonly more: boolean;
}

/** What a peer lacks of a log of `version`, in pieces; without a sketch it has nothing. */
export function lackingOf(
  version: Version,
  sketch: Uint8Array | null,
  log: readonly Uint8Array[],
  pieceBytes: number,
): Lacking {
  const contents = mergeUpdates(log);
  if (sketch === null)
    return { updates: splitUpdate(contents, pieceBytes), theyKnowMore: false, more: false };
  const compared = compareSketch(contents, version, sketch);
  // A description that cannot be read is answered with everything: what they have is refused as known.
  if (!compared.ok) return { updates: splitUpdate(contents, pieceBytes), theyKnowMore: true, more: false };
  const { update, theyKnowMore } = compared.value;
  return { updates: update === null ? [] : splitUpdate(update, pieceBytes), theyKnowMore, more: false };
}
