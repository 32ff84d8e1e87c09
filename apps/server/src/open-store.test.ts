import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactInline } from '@hearsay/storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf, openStore } from './open-store.ts';
import { systemClock } from './runtime/clock.ts';

let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'hearsay-open-'));
});

afterEach(() => rm(data, { recursive: true }));

async function refusal(cluster = 'test'): Promise<unknown> {
  const opened = openStore(
    {
      ...{ data, cluster, durability: 'synced', undeleteWindow: 0, certificateTime: 1000, acceptLoss: false },
      maxDocumentBytes: 0,
    },
    compactInline,
    { ...systemClock, isSettled: () => true },
    () => {},
  );
  return opened.then(
    async (store) => store.close(),
    (error: { readonly code: string }) => error.code,
  );
}

describe('opening the store', () => {
  test('A67: a directory that cannot be written to is told from one that is damaged', async () => {
    // Root may write everywhere: a directory where the lock belongs stands for a disk that refuses.
    await mkdir(join(data, 'store.lock'));
    expect(await refusal()).toBe('DATA_DIRECTORY_UNWRITABLE');
    await rm(join(data, 'store.lock'), { recursive: true });
    expect(await refusal()).toBe(undefined);
    const sentinel = join(data, 'store.json');
    await writeFile(sentinel, (await readFile(sentinel, 'utf8')).replace('test', 'tset'));
    expect(await refusal()).toBe('STORE_DAMAGED');
  });

  test('A67: each reason has its own word', () => {
    const words = new Map(
      (
        [
          'DIRECTORY_UNWRITABLE',
          'STORE_UNREADABLE',
          'STORE_LOCKED',
          'CLUSTER_MISMATCH',
          'FORMAT_UNSUPPORTED',
          'STORE_MISSING',
          'STORE_EMPTY',
          'STORE_SHRUNK',
          'STORE_TAIL_LOST',
          'STORE_OUTDATED',
          'STORE_MISMATCH',
          'STORE_CORRUPT',
          'SENTINEL_DAMAGED',
        ] as const
      ).map((code) => [code, failureOf({ code, message: '', retry: false })]),
    );
    expect(Object.fromEntries(words)).toEqual({
      DIRECTORY_UNWRITABLE: 'DATA_DIRECTORY_UNWRITABLE',
      STORE_UNREADABLE: 'DATA_DIRECTORY_UNWRITABLE',
      STORE_LOCKED: 'DATA_DIRECTORY_LOCKED',
      CLUSTER_MISMATCH: 'WRONG_CLUSTER',
      FORMAT_UNSUPPORTED: 'STORE_TOO_NEW',
      STORE_MISSING: 'STORE_DAMAGED',
      STORE_EMPTY: 'STORE_DAMAGED',
      STORE_SHRUNK: 'STORE_DAMAGED',
      STORE_TAIL_LOST: 'STORE_DAMAGED',
      STORE_OUTDATED: 'STORE_DAMAGED',
      STORE_MISMATCH: 'STORE_DAMAGED',
      STORE_CORRUPT: 'STORE_DAMAGED',
      SENTINEL_DAMAGED: 'STORE_DAMAGED',
    });
  });
});
