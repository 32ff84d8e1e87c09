import { documentKey, msToHybridTime } from '@hearsay/core';
import { expect, test } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened, peerId } from './testing/stores.ts';

const day = 86_400_000;

test('S48: a deletion stamped by a clock that is far behind is in force from where it ended what lived', async () => {
  const key = documentKey(idOf('a'));
  const now = Date.UTC(2026, 5, 1);
  const certificateMs = 30 * day;
  const clock = { now: () => now };
  const behind = await opened(memoryOptions({ clock: { now: () => now - 400 * day }, certificateMs }));
  const right = await opened(memoryOptions({ clock, certificateMs }));
  const away = await opened(memoryOptions({ clock, certificateMs }));
  unwrap(await behind.submit(idOf('a'), createAuthor(1).type('old'), local));
  await exchange(behind, right, key);
  await exchange(behind, away, key);
  unwrap(await behind.deleteDocument(idOf('a'), msToHybridTime(now - 400 * day), peerId(9)));
  await exchange(behind, right, key);
  expect((await right.lookup(idOf('a'))).phase).toBe('deleted');
  const rules = { isKeptHere: () => true, forgetMs: 180 * day };
  expect(await right.restCertificates(rules)).toEqual({ rested: 0, forgotten: 0 });
  // Which was away for an hour.
  await exchange(away, right, key);
  expect([(await right.lookup(idOf('a'))).phase, (await away.lookup(idOf('a'))).phase]).toEqual([
    'deleted',
    'deleted',
  ]);
  for (const store of [behind, right, away]) await store.close();
});
