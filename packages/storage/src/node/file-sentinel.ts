import { readFile } from 'node:fs/promises';
import { isReplicaId } from '@hearsay/core';
import type { Reached, Sentinel, SentinelRecord } from '../sentinel.ts';
import { crc32 } from './crc32.ts';
import { writeDurably } from './durable-file.ts';

/**
 * A sentinel in a small JSON file that people can read. Checksums guard it: one over what the first release wrote, so that
 * it reads what this one writes, and one over the rest.
 */
export function fileSentinel(path: string): Sentinel {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch(absentOrThrow);
      return text === undefined ? undefined : parse(text);
    },
    async write(record) {
      const { reached, replaces } = record;
      const later =
        reached === undefined ? {} : { reached, replaces, reachedChecksum: laterChecksum(reached, replaces) };
      const { format, cluster, replicaId, incarnation, documents } = record;
      const first = { format, cluster, replicaId, incarnation, documents };
      const checked = { ...first, checksum: checksum(record), ...later };
      await writeDurably(path, `${JSON.stringify(checked, null, 2)}\n`);
    },
  };
}

interface Later {
  readonly reached?: Reached | undefined;
  readonly replaces?: SentinelRecord['replicaId'] | undefined;
  readonly reachedChecksum?: string;
}

function parse(text: string): SentinelRecord {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error('it lacks fields');
  const { format, cluster, replicaId, incarnation, documents } = value;
  const record = { format, cluster, replicaId, incarnation, documents };
  if (checksum(record) !== value.checksum) throw new Error('its checksum does not fit');
  const { reached, replaces } = value;
  if (reached === undefined) return record;
  if (laterChecksum(reached, replaces) !== value.reachedChecksum)
    throw new Error('its checksum does not fit');
  return { ...record, reached, replaces };
}

function isRecord(value: unknown): value is SentinelRecord & Later & { readonly checksum: string } {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof SentinelRecord | 'checksum', unknown>> = value;
  return (
    typeof fields.cluster === 'string' &&
    typeof fields.checksum === 'string' &&
    typeof fields.replicaId === 'string' &&
    isReplicaId(fields.replicaId) &&
    [fields.format, fields.incarnation, fields.documents].every(Number.isSafeInteger) &&
    (fields.reached === undefined || isReached(fields.reached)) &&
    (fields.replaces === undefined || (typeof fields.replaces === 'string' && isReplicaId(fields.replaces)))
  );
}

function isReached(value: unknown): value is Reached {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof Reached, unknown>> = value;
  return (
    [fields.incarnation, fields.feedHead, fields.outboxHead].every(Number.isSafeInteger) &&
    typeof fields.isSynced === 'boolean'
  );
}

function checksum({ format, cluster, replicaId, incarnation, documents }: SentinelRecord): string {
  return sumOf([format, cluster, replicaId, incarnation, documents]);
}

function laterChecksum(reached: Reached, replaces: string | undefined): string {
  const { incarnation, feedHead, outboxHead, isSynced } = reached;
  return sumOf([incarnation, feedHead, outboxHead, isSynced, replaces ?? '']);
}

function sumOf(fields: readonly unknown[]): string {
  return crc32(Buffer.from(JSON.stringify(fields)))
    .toString(16)
    .padStart(8, '0');
}

function absentOrThrow(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
