import { splitUpdate } from '@hearsay/document';
import type { DocumentChange, ReceiveError } from '../ports.ts';

/** Roughly what a change takes on the wire. */
export function changeBytes(change: DocumentChange): number {
  const payload = change.kind === 'update' ? change.update.byteLength : 48;
  return payload + change.id.collection.length + change.id.name.length + 16;
}

/** The change itself, or, for a larger update, pieces that are admissible one after the other. */
export function piecesOf(change: DocumentChange, maxBytes: number): readonly DocumentChange[] {
  if (change.kind !== 'update' || change.update.byteLength <= maxBytes) return [change];
  return splitUpdate(change.update, maxBytes).map((update) => ({ ...change, update }));
}

/** Errors that end when both sides know the same of the document. */
export function isMendable({ code }: ReceiveError): boolean {
  return code === 'UPDATE_MISSING_DEPENDENCIES' || code === 'LIFE_ENDED' || code === 'LIFE_UNKNOWN';
}
