import { limits } from '@hearsay/core';
import { encodeFrame } from '../wire/frame.ts';
import { maxPartBytes, type PartMessage } from '../wire/part-message.ts';

/** A frame, or, of a long one, frames with its pieces. */
export function inParts(frame: Uint8Array, lane: PartMessage['lane']): readonly Uint8Array[] {
  if (frame.byteLength <= maxPartBytes) return [frame];
  const parts: Uint8Array[] = [];
  for (let at = 0; at < frame.byteLength; at += maxPartBytes) {
    const isLast = at + maxPartBytes >= frame.byteLength;
    const bytes = frame.subarray(at, at + maxPartBytes);
    parts.push(encodeFrame({ channel: 'parts', message: { type: 'part', lane, isLast, bytes } }));
  }
  return parts;
}

/** Puts frames together again that came in pieces. */
export class Joiner {
  readonly #pieces: Record<PartMessage['lane'], Uint8Array[]> = { news: [], bulk: [] };

  /** The frame that is whole now; null: not yet; `tooLong`: it will never be one that is taken. */
  add({ lane, isLast, bytes }: PartMessage): Uint8Array | null | 'tooLong' {
    const pieces = this.#pieces[lane];
    pieces.push(bytes);
    // Full pieces but for the last one: else many tiny ones could cost much memory beside their bytes.
    if (!isLast && bytes.byteLength < maxPartBytes) return 'tooLong';
    if (pieces.length > maxParts) return 'tooLong';
    if (!isLast) return null;
    this.#pieces[lane] = [];
    return joined(pieces);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

const maxParts = Math.ceil(limits.peerMessageBytes / maxPartBytes);
