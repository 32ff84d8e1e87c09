import { platform } from '#provider-platform';
import type { CopyDatabase } from '../copy/database.ts';
import { openLevelCopy } from '../copy/level-copy.ts';
import type { LocalCopy } from '../copy/local-copy.ts';
import { createNoCopy } from '../copy/no-copy.ts';
import { SharedDatabases } from '../copy/shared-databases.ts';
import type { ProviderOptions } from './provider-options.ts';

/** Where one provider keeps its document. */
export interface LocalStorage {
  /** Names it among all providers of the device; those who share it are one client. null: nothing is kept. */
  readonly name: string | null;
  openCopy(): Promise<LocalCopy>;
  release(): Promise<void>;
}

export function localStorageOf(
  storage: ProviderOptions['storage'],
  url: string,
  document: string,
): LocalStorage {
  if (storage !== undefined && typeof storage === 'object') {
    return {
      name: nameOf(storage),
      openCopy: () => openLevelCopy(storage, document),
      release: async () => {},
    };
  }
  const name = storage ?? platform.defaultStorage(url);
  if (name === null || name === false) {
    return { name: null, openCopy: async () => createNoCopy(), release: async () => {} };
  }
  let isTaken = false;
  return {
    name,
    openCopy: async () => {
      const database = await databases.take(name);
      isTaken = true;
      return openLevelCopy(database, document);
    },
    release: async () => {
      if (!isTaken) return;
      isTaken = false;
      await databases.release(name);
    },
  };
}

const databases = new SharedDatabases((name) => platform.openDatabase(name));

const given = new WeakMap<CopyDatabase, string>();
let lastGiven = 0;

function nameOf(database: CopyDatabase): string {
  const name = given.get(database) ?? `#${++lastGiven}`;
  given.set(database, name);
  return name;
}
