import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayProvider } from '@hearsay/client';
import { openNodeStore, writeBackup } from '@hearsay/storage/node';
import { Command } from 'commander';
import * as Y from 'yjs';
import { expectedOf, fillStore, release } from './release.ts';

const program = new Command('write')
  .description(
    'Writes what this build keeps on disk, as the next release will: a store, a backup of it, and the copy of a provider. The\n' +
      'directory is committed with the release, and never changed afterwards: every later one has to read it.',
  )
  .argument('<directory>', 'such as test/golden/0.1.0; replaced')
  .action(write);

await program.parseAsync();

async function write(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const opened = await openNodeStore({ ...release, directory: join(directory, 'store') });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const backup = async (): Promise<void> => {
    const written = await writeBackup({
      directory: join(directory, 'backup'),
      source: (since) => store.backup(since),
    });
    if (!written.ok) throw new Error(written.error.message);
  };
  await fillStore(store, backup);
  await backup();
  const expected = await expectedOf(store);
  await store.close();
  await writeCopy(join(directory, 'copy'));
  // Of no use to whoever opens it.
  for (const database of ['store/db', 'copy']) {
    for (const file of ['LOCK', 'LOG']) await rm(join(directory, database, file));
  }
  await writeFile(join(directory, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
}

/** What a provider that never reached a server keeps of two edits. */
async function writeCopy(directory: string): Promise<void> {
  const doc = new Y.Doc();
  const provider = new HearsayProvider('ws://127.0.0.1:9', 'note', doc, {
    storage: directory,
    connect: false,
  });
  await provider.whenLoaded;
  doc.getText('text').insert(0, 'written ');
  doc.getText('text').insert(8, 'offline');
  await provider.destroy();
}
