import type { DocumentKey } from '@hearsay/core';
import type { OutboxEntry, OutboxPage } from '@hearsay/storage';
import { describe, expect, test } from 'vitest';
import { UnsentEdits } from './unsent-edits.ts';

const id = { collection: 'c', name: 'n' };
const key = (name: string): DocumentKey => name as DocumentKey;

function entry(sequence: number, name: string, from: OutboxEntry['from'] = null): OutboxEntry {
  return {
    sequence,
    key: key(name),
    from,
    change: { kind: 'update', id, life: 1, update: new Uint8Array() },
  };
}

function pages(...all: OutboxPage[]): (after: number) => Promise<OutboxPage> {
  return async () => all.shift() ?? { entries: [], cursor: 0, dropped: 0 };
}

describe('unsent edits', () => {
  test('O50: an edit is unsent until a server has synced it', () => {
    const unsent = new UnsentEdits(0);
    unsent.edited(key('a'), id, 1);
    unsent.edited(key('b'), id, 2);
    unsent.edited(key('a'), id, 3);
    unsent.stored(2, []);
    expect([unsent.mayHold(key('a')), unsent.mayHold(key('b')), unsent.size]).toEqual([true, false, 1]);
    unsent.stored(3, []);
    expect([unsent.size, unsent.settled]).toEqual([0, 3]);
    unsent.saw(7);
    expect(unsent.settled).toBe(7);
  });

  test('O50: one that a server did not take stays unsent, also for the next start', () => {
    const unsent = new UnsentEdits(0);
    unsent.edited(key('a'), id, 4);
    unsent.edited(key('b'), id, 5);
    unsent.stored(9, [4]);
    expect([unsent.mayHold(key('a')), unsent.mayHold(key('b'))]).toEqual([true, false]);
    expect(unsent.settled).toBe(3);
    unsent.stored(9, []);
    expect([unsent.size, unsent.settled]).toEqual([0, 5]);
  });

  test('O50: after a start the outbox tells which edits were not acknowledged; those of others are not unsent', async () => {
    const unsent = new UnsentEdits(10);
    const first = {
      entries: [entry(11, 'a'), entry(12, 'b', 'f'.repeat(32) as never)],
      cursor: 12,
      dropped: 0,
    };
    await unsent.restore(pages(first, { entries: [entry(13, 'c')], cursor: 13, dropped: 0 }), 13);
    expect(['a', 'b', 'c', 'd'].map((name) => unsent.mayHold(key(name)))).toEqual([true, false, true, false]);
    expect(unsent.settled).toBe(10);
  });

  test('O50: where the outbox has lost entries every document may be one, until a server proves to be equal', async () => {
    const unsent = new UnsentEdits(10);
    await unsent.restore(pages({ entries: [], cursor: 13, dropped: 1 }), 13);
    expect([unsent.mayHold(key('any')), unsent.settled]).toEqual([true, 10]);
    unsent.proven();
    expect([unsent.mayHold(key('any')), unsent.settled]).toEqual([false, 13]);
  });
});
