import { readFile } from 'node:fs/promises';
import { isReplicaId } from '@hearsay/core';
import type { Sentinel, SentinelRecord } from '../sentinel.ts';
import { crc32 } from './crc32.ts';
import { writeDurably } from './durable-file.ts';

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
