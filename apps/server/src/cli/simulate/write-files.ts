import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayError } from '../../failures.ts';

/** Makes the directory if it is not there: before anything is simulated for hours in vain. */
export async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true }).catch(refuse(directory));
}

/** Writes texts into a directory; returns their paths. */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const texts = Object.entries(files).map(([name, text]) => [join(directory, name), text] as const);
  for (const [path, text] of texts) await writeFile(path, text).catch(refuse(directory));
  return texts.map(([path]) => path);
}

function refuse(directory: string): (error: NodeJS.ErrnoException) => never {
  return ({ code }) => {
    throw new HearsayError('OUTPUT_UNWRITABLE', `cannot write into ${directory}: ${code}`);
  };
}
