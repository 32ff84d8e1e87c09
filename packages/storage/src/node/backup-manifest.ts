import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isReplicaId, type ReplicaId } from '@hearsay/core';
import { type BackupDamage, BackupError } from '../backup/record.ts';
import { crc32 } from './crc32.ts';
import { writeDurably } from './durable-file.ts';

/** One file of a backup: what changed on one replica between two positions in its change feed. */
export interface BackupPart {
  readonly file: string;
  readonly bytes: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  readonly replicaId: ReplicaId;
  readonly incarnation: number;
  /** Of that replica, by which it knows the cursor again; parts of earlier versions have none. */
  readonly start?: string | undefined;
  /** 0: complete by itself; else it goes on where the part before it ended. */
  readonly since: number;
  readonly cursor: number;
  /** Documents in the file, those told twice counted twice. */
  readonly records: number;
  /** Documents that the replica had. */
  readonly total: number;
  /** Documents that are not in this file because the replica could not read them. */
  readonly damaged: readonly BackupDamage[];
  /** ISO 8601. The state is that of the end. */
  readonly startedAt: string;
  readonly endedAt: string;
}

/** What a backup's directory holds, in `backup.json`. */
export interface BackupManifest {
  readonly format: 1;
  readonly cluster: string;
  /** Oldest first. */
  readonly parts: readonly BackupPart[];
}

/** Undefined where there is none; throws a {@link BackupError} when there is one that cannot be trusted. */
export async function readManifest(directory: string): Promise<BackupManifest | undefined> {
  const text = await readFile(manifestPath(directory), 'utf8').catch(absentOrThrow);
  if (text === undefined) return undefined;
  const { checksum, ...manifest } = parse(text);
  if (manifest.format !== 1) {
    throw new BackupError(
      'BACKUP_UNSUPPORTED',
      `the backup has format ${manifest.format}, this version reads 1`,
    );
  }
  if (!isManifest(manifest) || checksum !== checksumOf(manifest)) {
    throw new BackupError(
      'BACKUP_DAMAGED',
      `${manifestPath(directory)} is damaged: its checksum does not fit`,
    );
  }
  return manifest;
}

export async function writeManifest(directory: string, manifest: BackupManifest): Promise<void> {
  const checked = { ...manifest, checksum: checksumOf(manifest) };
  await writeDurably(manifestPath(directory), `${JSON.stringify(checked, null, 2)}\n`);
}

/** The last complete part and those that go on from it: what is restored. */
export function lastChain({ parts }: BackupManifest): readonly BackupPart[] {
  return parts.slice(parts.findLastIndex(({ since }) => since === 0));
}

function manifestPath(directory: string): string {
  return join(directory, 'backup.json');
}

function parse(text: string): { readonly checksum?: unknown; readonly format?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new BackupError('BACKUP_DAMAGED', 'the file backup.json is damaged: it is no JSON object');
}

function isManifest(value: object): value is BackupManifest {
  const { cluster, parts }: { cluster?: unknown; parts?: unknown } = value;
  return typeof cluster === 'string' && Array.isArray(parts) && parts.every(isPart);
}

/** Names lead nowhere but into the directory. The checksum speaks for the rest. */
function isPart(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { file, replicaId }: { file?: unknown; replicaId?: unknown } = value;
  return (
    typeof file === 'string' &&
    /^part-\d{6}\.hearsay$/.test(file) &&
    typeof replicaId === 'string' &&
    isReplicaId(replicaId)
  );
}

function checksumOf(manifest: object): string {
  return crc32(Buffer.from(JSON.stringify(manifest)))
    .toString(16)
    .padStart(8, '0');
}

function absentOrThrow(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
