import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Author, type StepUpdate, textName } from './author.ts';
import { cutIntoStrands, drawClientIds } from './strands.ts';
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

function replay(history: Trace): Y.Doc {
  const published = new Map<number, StepUpdate[]>();
  const steps = cutIntoStrands(history);
  const clientIds = drawClientIds(steps);
  const authors = [new Author(published, clientIds, true), new Author(published, clientIds, true)];
  const document = new Y.Doc();
  for (const planned of steps) {
    const author = authors[planned.agent];
    const transaction = history.transactions[planned.index];
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
    const document = replay(trace);
    expect(document.store.pendingStructs).toBeNull();
    expect(document.getText(textName).toString()).toBe('>\u200d💻Ab!?');
  });

  it('H3: what agents insert at one place at one time stands in the order of the agents', () => {
    const branches = [
      step(0, [], [0, 0, '[]']),
      step(1, [0], [1, 0, 'second']),
      step(0, [0], [1, 0, 'first']),
    ];
    // Ids are drawn: once could be luck.
    for (let run = 0; run < 30; run++) {
      const document = replay({ ...trace, transactions: branches });
      expect(document.getText(textName).toString()).toBe('[firstsecond]');
    }
  });
});
