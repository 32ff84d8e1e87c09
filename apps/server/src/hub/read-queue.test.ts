import type { DocumentId } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { ReadQueue } from './read-queue.ts';

const named = (name: string): DocumentId => ({ collection: 'default', name });

/** A queue whose turns and reads are driven by hand. */
function driven() {
  const turns: (() => void)[] = [];
  const begun: { readonly name: string; finish(): void; fail(): void }[] = [];
  const queue = new ReadQueue<string>(
    ({ name }) =>
      new Promise((resolve, reject) => {
        const read = `read ${begun.length}`;
        begun.push({ name, finish: () => resolve(read), fail: () => reject(new Error(name)) });
      }),
    (run) => turns.push(run),
  );
  const turn = async (): Promise<void> => {
    for (const run of turns.splice(0)) run();
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { queue, begun, turn, names: () => begun.map(({ name }) => name) };
}

describe('reads for clients', () => {
  test('A180: none begins before the turn is over, and eight are under way at most, in order', async () => {
    const { queue, begun, turn, names } = driven();
    const reads = Array.from({ length: 20 }, (_, at) => queue.read(named(`${at}`)));
    expect(names()).toEqual([]);
    await turn();
    expect(names()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(queue.waiting).toBe(12);
    begun[3]?.finish();
    await reads[3];
    expect(begun).toHaveLength(8);
    await turn();
    await turn();
    expect(names().slice(8)).toEqual(['8']);
  });

  test('A181: who asks before the read of a document begins shares it; who asks later does not', async () => {
    const { queue, begun, turn } = driven();
    const [first, second] = [queue.read(named('a')), queue.read(named('a'))];
    await turn();
    const later = queue.read(named('a'));
    await turn();
    expect(begun).toHaveLength(2);
    begun[0]?.finish();
    expect(await first).toBe(await second);
    begun[1]?.finish();
    expect(await later).not.toBe(await first);
  });

  test('A181: one read answers a few, and other documents come before the rest', async () => {
    const { queue, turn, names } = driven();
    for (let at = 0; at < 9; at++) void queue.read(named('crowded'));
    void queue.read(named('other'));
    await turn();
    expect(names()).toEqual(['crowded', 'other', 'crowded']);
    expect(queue.waiting).toBe(0);
  });

  test('A180: a read that fails fails who shared it, and makes room', async () => {
    const { queue, begun, turn, names } = driven();
    const reads = Array.from({ length: 9 }, (_, at) => queue.read(named(`${at}`)));
    const shared = queue.read(named('0'));
    const failures = Promise.allSettled([reads[0], shared]);
    await turn();
    begun[0]?.fail();
    expect((await failures).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await turn();
    await turn();
    expect(names().at(-1)).toBe('8');
  });
});
