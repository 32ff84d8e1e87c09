import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isReplicaId } from '@hearsay/core';
import type { Sentinel, SentinelRecord } from '../sentinel.ts';
import { crc32 } from './crc32.ts';

/** A sentinel in a small JSON file that people can read; a checksum guards it. */
export function fileSentinel(path: string): Sentinel {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch(absentOrThrow);
      return text === undefined ? undefined : parse(text);
    },
    async write(record) {
      const checked = { ...record, checksum: checksum(record) };
      await writeDurably(path, `${JSON.stringify(checked, null, 2)}\n`);
    },
  };
}

/** Old contents or new, never a part: temporary file, fsync, rename, fsync of the directory. */
async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await synced(temporary, 'w', (file) => file.writeFile(text));
  await rename(temporary, path);
  await synced(dirname(path), 'r', async () => {});
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

function parse(text: string): SentinelRecord {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error('it lacks fields');
  const { format, cluster, replicaId, incarnation, documents } = value;
  const record = { format, cluster, replicaId, incarnation, documents };
  if (checksum(record) !== value.checksum) throw new Error('its checksum does not fit');
  return record;
}

function isRecord(value: unknown): value is SentinelRecord & { readonly checksum: string } {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof SentinelRecord | 'checksum', unknown>> = value;
  return (
    typeof fields.cluster === 'string' &&
    typeof fields.checksum === 'string' &&
    typeof fields.replicaId === 'string' &&
    isReplicaId(fields.replicaId) &&
    [fields.format, fields.incarnation, fields.documents].every(Number.isSafeInteger)
  );
}

function checksum({ format, cluster, replicaId, incarnation, documents }: SentinelRecord): string {
  const fields = JSON.stringify([format, cluster, replicaId, incarnation, documents]);
  return crc32(Buffer.from(fields)).toString(16).padStart(8, '0');
}

function absentOrThrow(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
