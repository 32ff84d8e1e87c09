import type { DocumentKey } from '@hearsay/core';
import type { Piece } from '@hearsay/document';
import { expect, it } from 'vitest';
import { createKeptPieces } from './kept-pieces.ts';

function piecesOf(bytes: number): readonly Piece[] {
  return [{ update: new Uint8Array(bytes), ends: new Map([[1, 1]]) }];
}

it('S94: of several documents what was asked for longest ago goes first; one that is too large takes nothing from others', () => {
  const kept = createKeptPieces({ timers: { set: () => () => {} }, maxBytes: 100, idleMs: 1 });
  const keep = (name: string, bytes: number): void =>
    kept.keep(name as DocumentKey, 1, new Map(), piecesOf(bytes));
  const isKept = (name: string): boolean => kept.after(name as DocumentKey, 1, new Map()) !== undefined;
  keep('a', 40);
  keep('b', 40);
  expect(isKept('a')).toBe(true);
  keep('c', 40);
  expect(kept.bytes).toBe(80);
  expect(isKept('b')).toBe(false);
  keep('large', 101);
  expect(kept.bytes).toBe(80);
  expect(['a', 'c', 'large'].map(isKept)).toEqual([true, true, false]);
});
