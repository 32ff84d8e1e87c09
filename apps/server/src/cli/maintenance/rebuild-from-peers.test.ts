import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplicaId } from '@hearsay/core';
import { fileSentinel } from '@hearsay/storage/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refuseEmpty } from './rebuild-from-peers.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-rebuild-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function oldStoreWith(documents: number): Promise<void> {
  const replicaId = 'a'.repeat(32) as ReplicaId;
  const sentinel = { format: 1, cluster: 'test', replicaId, incarnation: 1, documents };
  await fileSentinel(join(directory, 'store.json')).write({
    ...sentinel,
    reached: undefined,
    replaces: undefined,
  });
}

test('A221: a replica without documents takes the place of no store that has some', async () => {
  await oldStoreWith(3);
  await expect(refuseEmpty(directory, 0)).rejects.toMatchObject({ code: 'REBUILD_EMPTY' });
  // Certificates that rest are not sent.
  await refuseEmpty(directory, 1);
});

test('A221: nor of one of which that cannot be told', async () => {
  await writeFile(join(directory, 'store.json'), '{}');
  await expect(refuseEmpty(directory, 0)).rejects.toMatchObject({ code: 'REBUILD_EMPTY' });
});

test('A221: where there is none, or an empty one, there may be none', async () => {
  await refuseEmpty(directory, 0);
  await oldStoreWith(0);
  await refuseEmpty(directory, 0);
});
