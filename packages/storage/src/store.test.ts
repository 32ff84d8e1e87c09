import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { documentStoreContract } from './contract/index.ts';
import { classicDatabase } from './node/open-node-store.ts';
import { memorySentinel, type Sentinel } from './sentinel.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened } from './testing/stores.ts';

documentStoreContract('memory-level', async () => {
  const options = memoryOptions();
  return { open: (overrides) => opened({ ...options, ...overrides }), dispose: async () => {} };
});

documentStoreContract('classic-level', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hearsay-store-'));
  const options = memoryOptions({ openDatabase: classicDatabase(join(directory, 'db')) });
  return {
    open: (overrides) => opened({ ...options, ...overrides }),
    dispose: () => rm(directory, { recursive: true }),
  };
});

describe('closing', () => {
  it('S43: a store whose sentinel cannot be written any more closes all the same, and opens again', async () => {
    let isBroken = false;
    const inner = memorySentinel();
    const sentinel: Sentinel = {
      read: () => inner.read(),
      write: (record) => (isBroken ? Promise.reject(new Error('no space left')) : inner.write(record)),
    };
    const options = memoryOptions({ sentinel });
    const store = await opened(options);
    unwrap(await store.submit(idOf('a'), createAuthor(1).type('x'), local));
    isBroken = true;
    await store.close();
    isBroken = false;
    const again = await opened(options);
    expect(again.status().documents).toBe(1);
    await again.close();
  });
});
