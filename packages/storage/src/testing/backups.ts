import { join } from 'node:path';
import { documentJson } from '@hearsay/document';
import { unwrap } from '../contract/fixture.ts';
import { restoreStore } from '../node/restore-store.ts';
import { type BackupWritten, writeBackup } from '../node/write-backup.ts';
import type { DocumentStore } from '../store-types.ts';
import { nodeOptions, openedNode } from './directories.ts';
import { idOf } from './stores.ts';

/** Writes the next part of the backup in `backup/`. */
export async function backUp(store: DocumentStore, directory: string): Promise<BackupWritten> {
  return unwrap(
    await writeBackup({
      directory: join(directory, 'backup'),
      source: (since) => store.backup(since),
    }),
  );
}

/** The texts of documents in a store that is restored from the backup in `backup/`. */
export async function restoredTexts(
  directory: string,
  more: Partial<Parameters<typeof nodeOptions>[1]> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const options = nodeOptions(directory, { directory: join(directory, 'restored'), ...more });
  const { clock, timers } = options;
  unwrap(
    await restoreStore({ from: join(directory, 'backup'), directory: options.directory, clock, timers }),
  );
  const copy = await openedNode(options);
  const texts: Record<string, unknown> = {};
  for (const { name } of await copy.list('default', '', 100)) texts[name] = await textIn(copy, name);
  await copy.close();
  return texts;
}

/** What a document says, or the code with which it is refused. */
export async function textIn(store: DocumentStore, name: string): Promise<unknown> {
  const read = await store.read(idOf(name));
  return read.ok ? documentJson(read.value?.updates ?? [])['text'] : read.error.code;
}
