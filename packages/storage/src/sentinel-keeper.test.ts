import { expect, it } from 'vitest';
import { noCounters } from './records.ts';
import { memorySentinel } from './sentinel.ts';
import { createSentinelKeeper } from './sentinel-keeper.ts';
import { peerId } from './testing/stores.ts';

it('S29: documents that are to be forgotten are missed by no later note; what cannot be noted now is noted later', async () => {
  const sentinel = memorySentinel();
  let isBroken = false;
  let counters = { ...noCounters, documents: 5, outboxHead: 7, feedHead: 6 };
  const waiting: (() => void)[] = [];
  const written = { format: 1, cluster: 'test', replicaId: peerId(1), incarnation: 3, documents: 4 };
  const keeper = createSentinelKeeper({
    sentinel: {
      read: sentinel.read,
      write: (record) => (isBroken ? Promise.reject(new Error('no space left')) : sentinel.write(record)),
    },
    written,
    isSynced: true,
    counters: () => counters,
    timers: timersInto(waiting),
    intervalMs: 1000,
  });
  const fire = async (): Promise<void> => {
    for (const due of waiting.splice(0)) due();
    await new Promise((resolve) => setImmediate(resolve));
  };
  await keeper.willForget(2);
  expect((await sentinel.read())?.documents).toBe(3);
  keeper.moved();
  keeper.moved();
  expect(waiting).toHaveLength(1);
  await fire();
  const reached = { incarnation: 3, feedHead: 6, outboxHead: 7, isSynced: true };
  expect(await sentinel.read()).toMatchObject({ ...written, documents: 3, reached });
  counters = { ...counters, outboxHead: 9 };
  isBroken = true;
  keeper.moved();
  await fire();
  await expect(keeper.willForget(1)).rejects.toThrow('no space left');
  isBroken = false;
  keeper.moved();
  await fire();
  expect(await sentinel.read()).toMatchObject({ reached: { outboxHead: 9 } });
  keeper.moved();
  await keeper.stop();
  keeper.moved();
  expect(waiting).toHaveLength(0);
  await keeper.closed({ ...counters, outboxHead: 11 });
  expect(await sentinel.read()).toMatchObject({ documents: 5, reached: { outboxHead: 11 } });
});

/** Timers that fire when told to. */
function timersInto(waiting: (() => void)[]) {
  return {
    set(_delayMs: number, fire: () => void): () => void {
      waiting.push(fire);
      return () => {
        waiting.splice(waiting.indexOf(fire), 1);
      };
    },
  };
}
