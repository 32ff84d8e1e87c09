import { utf8Encode, watchClock } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import { restoredRecord } from '@hearsay/storage/node';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { memoryStore } from '../testing/memory-store.ts';
import { Time } from '../testing/time.ts';
import { noteRunning, refuseStale, watchMeetings } from './absence.ts';

const day = 86_400_000;

async function filled(time: Time): Promise<DocumentStore> {
  const store = await memoryStore(time);
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x');
  await store.submit({ collection: 'default', name: 'a' }, Y.encodeStateAsUpdate(doc), { kind: 'local' });
  return store;
}

function opening(store: DocumentStore, time: Time, more: { isAccepted?: boolean; joins?: boolean } = {}) {
  return refuseStale(store, {
    clock: time.clock,
    certificateMs: 30 * day,
    joins: false,
    isAccepted: false,
    ...more,
  });
}

test('A59: a store that was away for longer than deletions are remembered is refused, unless it is accepted', async () => {
  const time = new Time();
  const store = await filled(time);
  let peers = 1;
  const notes = noteRunning({ store, ...time, certificateMs: 30 * day, hasPeers: () => peers > 0 });
  time.pass(40 * day);
  peers = 0;
  time.pass(40 * day);
  await notes.stop();
  time.pass(29 * day);
  await opening(store, time);
  time.pass(2 * day);
  await expect(opening(store, time)).rejects.toMatchObject({ code: 'REPLICA_TOO_OLD' });
  await opening(store, time, { isAccepted: true });
});

test('A59: a node that never met another is never too old, nor is one without documents', async () => {
  const time = new Time();
  const alone = await filled(time);
  const notes = noteRunning({ store: alone, ...time, certificateMs: 30 * day, hasPeers: () => false });
  time.pass(day);
  await notes.stop();
  const empty = await memoryStore(time);
  const met = noteRunning({ store: empty, ...time, certificateMs: 30 * day, hasPeers: () => true });
  time.pass(day);
  await met.stop();
  time.pass(100 * day);
  await opening(alone, time, { joins: true });
  await opening(empty, time, { joins: true });
});

test('A59: a store restored from a backup is as old as the backup, where it joins others', async () => {
  const time = new Time();
  const store = await filled(time);
  await store.writeState(restoredRecord, utf8Encode(JSON.stringify({ asOf: time.wallMs, from: 'x' })));
  time.pass(31 * day);
  await expect(opening(store, time, { joins: true })).rejects.toMatchObject({ code: 'REPLICA_TOO_OLD' });
  await opening(store, time);
});

test('A59: a restored store that joins nobody is asked when members call: too old it refuses them all and says so', async () => {
  const time = new Time();
  const rules = { clock: time.clock, certificateMs: 30 * day, isAccepted: false };
  const restored = async (more: object = {}): Promise<DocumentStore> => {
    const store = await filled(time);
    await store.writeState(
      restoredRecord,
      utf8Encode(JSON.stringify({ asOf: time.wallMs, from: 'x', ...more })),
    );
    return store;
  };
  const store = await restored();
  const [late, early] = [await watchMeetings(store, rules), await watchMeetings(store, rules)];
  const first = await watchMeetings(await restored({ isFirst: true }), rules);
  const fresh = await watchMeetings(await filled(time), rules);
  time.pass(29 * day);
  expect(early.refusal()).toBe(undefined);
  time.pass(2 * day);
  // Who has met others in time is as old as they are.
  expect([early.refusal(), early.hasRefused]).toEqual([undefined, false]);
  expect([first.refusal(), fresh.refusal()]).toEqual([undefined, undefined]);
  const accepted = await watchMeetings(store, { ...rules, isAccepted: true });
  expect(accepted.refusal()).toBe(undefined);
  expect([late.hasRefused, late.refusal(), late.hasRefused]).toEqual([
    false,
    expect.stringContaining('31 days ago'),
    true,
  ]);
  const notes = noteRunning({ store, ...time, certificateMs: 30 * day, hasPeers: () => true });
  time.pass(day);
  await notes.stop();
  expect((await watchMeetings(store, rules)).refusal()).toBe(undefined);
});

test('A140: what a node notes while its clock is a year ahead hides no absence', async () => {
  const time = new Time();
  const store = await filled(time);
  const clock = watchClock({ ...time, settleMs: 600_000 });
  const notes = noteRunning({
    store,
    clock,
    timers: time.timers,
    certificateMs: 30 * day,
    hasPeers: () => true,
  });
  for (let hour = 0; hour < 3; hour++) time.pass(3_600_000);
  time.wallMs += 365 * day;
  time.pass(60_000);
  await notes.stop();
  clock.stop();
  time.wallMs -= 365 * day;
  await opening(store, time);
  time.pass(31 * day);
  await expect(opening(store, time)).rejects.toMatchObject({ code: 'REPLICA_TOO_OLD' });
});
