import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentStoreContract } from './contract/index.ts';
import { classicDatabase } from './node/open-node-store.ts';
import { memoryOptions, opened } from './testing/stores.ts';

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
