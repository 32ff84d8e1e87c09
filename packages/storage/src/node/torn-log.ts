import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const blockBytes = 32_768;
/** Checksum, length and kind of a record. */
const headerBytes = 7;
/** A record that is whole, and the last piece of one that is not. */
const ends: ReadonlySet<number> = new Set([1, 4]);

/**
 * Whether the last of LevelDB's logs ends within a record: a write that was cut short by a loss of power or a full disk.
 * LevelDB drops that without a word. See its doc/log_format.md.
 */
export async function isLogTorn(database: string): Promise<boolean> {
  const names = await readdir(database).catch((): string[] => []);
  const numberOf = (name: string): number => Number.parseInt(name, 10);
  const [last] = names.filter((name) => name.endsWith('.log')).sort((a, b) => numberOf(b) - numberOf(a));
  return last !== undefined && endsWithin(await readFile(join(database, last)));
}

function endsWithin(log: Uint8Array): boolean {
  let at = 0;
  let isWhole = true;
  while (at < log.byteLength) {
    const left = blockBytes - (at % blockBytes);
    if (left < headerBytes) {
      at += left;
      continue;
    }
    if (log.byteLength - at < headerBytes) return true;
    const length = (log[at + 4] ?? 0) + (log[at + 5] ?? 0) * 256;
    const kind = log[at + 6] ?? 0;
    // A page of zeros, or rubbish: a hole, after which the next block may be sound.
    if (kind === 0 || headerBytes + length > left) {
      at += left;
      isWhole = true;
      continue;
    }
    at += headerBytes + length;
    isWhole = ends.has(kind);
  }
  return at > log.byteLength || !isWhole;
}
