import { access, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncDirectory, writeDurably } from './durable-file.ts';

/** Makes a directory, for its owner alone, so that it outlives a power loss with what is written in it. */
export async function makeDirectory(directory: string): Promise<void> {
  const last = resolve(directory);
  const first = await mkdir(last, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = last; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/**
 * Before the first start of a store: notes that it has begun, and clears away the database of one that never came to its
 * end, which LevelDB may be unable to open. Nobody was ever served from that: {@link endFirstStart} comes before.
 */
export async function beginFirstStart(directory: string): Promise<void> {
  const [note, database] = [noteIn(directory), join(directory, 'db')];
  if (await isThere(join(directory, 'store.json'))) return;
  if (await isThere(note)) await rm(database, { recursive: true, force: true });
  else if (!(await isThere(database))) await writeDurably(note, '');
}

/** After the start, and before anybody is served: from here on the database is never cleared away. */
export async function endFirstStart(directory: string): Promise<void> {
  const note = noteIn(directory);
  if (!(await isThere(note))) return;
  await rm(note);
  await syncDirectory(directory);
}

function noteIn(directory: string): string {
  return join(directory, 'store.begun');
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
