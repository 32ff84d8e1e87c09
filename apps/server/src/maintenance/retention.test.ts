import { PassThrough } from 'node:stream';
import { msToHybridTime, type ReplicaId } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { createLog } from '../telemetry/log.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { Time } from '../testing/time.ts';
import { holdersOf } from './holders.ts';
import { startRetention } from './retention.ts';

const log = createLog({ level: 'silent', format: 'json', output: new PassThrough() });
const day = 86_400_000;
const others = ['a', 'b', 'c'].map((digit) => digit.repeat(32) as ReplicaId);

async function deleteDocuments(store: DocumentStore, time: Time, count: number): Promise<void> {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x');
  const update = Y.encodeStateAsUpdate(doc);
  for (let at = 0; at < count; at++) {
    const id = { collection: 'default', name: `${at}` };
    await store.submit(id, update, { kind: 'local' });
    await store.deleteDocument(id, msToHybridTime(time.wallMs), store.identity.replicaId);
  }
}

test('A58: certificates rest when their time is over, are kept by their holders alone, and by nobody in the end', async () => {
  const time = new Time();
  const store = await memoryStore(time, { certificateMs: 30 * day });
  let erasures = 0;
  const retention = startRetention({
    store: { ...store, erase: async () => void erasures++ },
    ...time,
    log,
    members: () => others,
    certificateMs: 30 * day,
    restMs: 180 * day,
    holders: 2,
  });
  await deleteDocuments(store, time, 40);
  const days = async (count: number): Promise<void> => {
    for (let quarter = 0; quarter < 4 * count; quarter++) {
      time.pass(day / 4);
      await retention.settled();
    }
  };
  await days(29);
  expect(store.status()).toMatchObject({ documents: 40, counters: { certificatesRested: 0 } });
  await days(2);
  expect(store.status()).toMatchObject({ documents: 40, counters: { certificatesRested: 40 } });
  // Those who are not to keep them do so for a quarter of that time longer.
  await days(8);
  const { replicaId } = store.identity;
  const keys = (await store.recent(0, 100)).entries.map(({ key }) => key);
  expect(keys.length).toBeGreaterThan(5);
  expect(keys.length).toBeLessThan(35);
  for (const key of keys) expect(holdersOf(key, [replicaId, ...others], 2)).toContain(replicaId);
  expect(store.status().documents).toBe(keys.length);
  expect(erasures).toBe(1);
  await days(142);
  expect(store.status()).toMatchObject({ documents: 0, counters: { certificatesForgotten: 40 } });
  await retention.stop();
});
