import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Old contents or new, never a part: temporary file, fsync, rename, fsync of the directory. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await synced(temporary, 'w', (file) => file.writeFile(text));
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Makes what was created, renamed or deleted in a directory survive a power loss. */
export async function syncDirectory(directory: string): Promise<void> {
  await synced(directory, 'r', async () => {});
}

async function synced(
  path: string,
  flags: string,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
