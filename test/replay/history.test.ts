import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Author, type StepUpdate, textName } from './author.ts';
import { cutIntoStrands } from './strands.ts';
import type { Trace, Transaction } from './trace.ts';

const step = (agent: number, parents: number[], ...patches: Transaction['patches']): Transaction => ({
  agent,
  parents,
  patches,
});

/** Two agents that branch and merge, one of which goes back to an older state; with characters beyond 16 bits. */
const transactions = [
  step(0, [], [0, 0, '👩‍💻ab']),
  step(0, [0], [3, 1, 'A']),
  step(1, [0], [5, 0, '!']),
  step(1, [1, 2], [0, 1, '']),
  step(1, [2], [6, 0, '?']),
  step(0, [3, 4], [0, 0, '>']),
];
const trace: Trace = { endContent: '', agents: 2, transactions, hasAstral: true };

function replay(): Y.Doc {
  const published = new Map<number, StepUpdate[]>();
  const authors = [new Author(published, true), new Author(published, true)];
  const document = new Y.Doc();
  for (const planned of cutIntoStrands(trace)) {
    const author = authors[planned.agent];
    const transaction = transactions[planned.index];
    if (author === undefined || transaction === undefined) throw new Error('bad plan');
    Y.applyUpdate(document, author.write(planned, transaction).update);
  }
  return document;
}

describe('replayed histories', () => {
  it('H1: a strand ends where its agent goes back to an older state', () => {
    const strands = cutIntoStrands(trace).map(({ strand, position }) => [strand, position]);
    expect(strands).toEqual([
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 2],
      [2, 1],
      [0, 3],
    ]);
  });

  it('H2: positions hold in the state the parents give, counted in code points', () => {
    const document = replay();
    expect(document.store.pendingStructs).toBeNull();
    expect(document.getText(textName).toString()).toBe('>\u200d💻Ab!?');
  });
});
