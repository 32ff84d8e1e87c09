import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeStoreOptions } from '../node/open-node-store.ts';
import { openNodeStore } from '../node/open-node-store.ts';
import type { DocumentStore } from '../store-types.ts';
import { promptTimers } from './stores.ts';

/** Runs with a fresh directory, which is deleted in the end. */
export async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'hearsay-storage-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Options of a store on `classic-level`. */
export function nodeOptions(directory: string, overrides: Partial<NodeStoreOptions> = {}): NodeStoreOptions {
  return {
    directory: join(directory, 'data'),
    cluster: 'test',
    clock: { now: () => 1_700_000_000_000 },
    timers: promptTimers,
    ...overrides,
  };
}

export async function openedNode(options: NodeStoreOptions): Promise<DocumentStore> {
  const store = await openNodeStore(options);
  if (!store.ok) throw new Error(`${store.error.code}: ${store.error.message}`);
  return store.value;
}

/** Paths of the database's files whose names end so. */
export async function databaseFiles(options: NodeStoreOptions, ending: string): Promise<string[]> {
  const names = await readdir(join(options.directory, 'db'));
  return names.filter((name) => name.endsWith(ending)).map((name) => join(options.directory, 'db', name));
}

/** Whether any file of the database holds the text. */
export async function isOnDisk(options: NodeStoreOptions, text: string): Promise<boolean> {
  for (const path of await databaseFiles(options, '')) {
    if ((await readFile(path)).includes(text)) return true;
  }
  return false;
}
