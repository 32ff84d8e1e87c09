import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, type DocumentKey, documentKey } from '@hearsay/core';
import { decodeBackup } from '../backup/frames.ts';
import { type BackupDocument, BackupError } from '../backup/record.ts';
import { type BackupManifest, type BackupPart, lastChain, readManifest } from './backup-manifest.ts';

/** A backup whose every byte has been read and found to be as it was written. */
export interface CheckedBackup {
  readonly directory: string;
  readonly cluster: string;
  /** The parts that count, oldest first. */
  readonly parts: readonly BackupPart[];
  /** What is restored: of each document what was told last. */
  readonly documents: ReadonlyMap<DocumentKey, LastTold>;
}

/** Where a document is told for the last time, and what its digest is there. */
export interface LastTold {
  /** Among all records of all parts, from 0. */
  readonly position: number;
  readonly digest: Digest;
}

/** Reads all parts that count. Throws a {@link BackupError} when anything is missing, cut or changed. */
export async function checkBackup(
  directory: string,
  onProgress: (bytes: number, total: number) => void = () => {},
): Promise<CheckedBackup> {
  const manifest = await readManifest(directory);
  if (manifest === undefined || manifest.parts.length === 0) {
    throw new BackupError('BACKUP_DAMAGED', `${directory} holds no backup`);
  }
  const parts = requireChain(manifest);
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  let read = 0;
  let position = 0;
  const documents = new Map<DocumentKey, LastTold>();
  for (const part of parts) {
    await requireSize(directory, part);
    const hash = createHash('sha256');
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunksOf(directory, part)) {
        hash.update(chunk);
        read += chunk.byteLength;
        onProgress(read, total);
        yield chunk;
      }
    };
    let inPart = 0;
    for await (const record of decodeBackup(counted())) {
      if (record.kind !== 'document') continue;
      documents.set(documentKey(record.id), { position: position++, digest: record.digest });
      inPart++;
    }
    if (hash.digest('hex') !== part.sha256 || inPart !== part.records) {
      throw new BackupError('BACKUP_DAMAGED', `${part.file} is not what was written`);
    }
  }
  return { directory, cluster: manifest.cluster, parts, documents };
}

/**
 * All documents of a checked backup, each once, as it was told last. Every telling is the whole document, and a later one
 * may have less: of one that was salvaged, healed by a peer that had less, or created anew.
 */
export async function* backupDocuments(backup: CheckedBackup): AsyncGenerator<BackupDocument> {
  let position = 0;
  for (const part of backup.parts) {
    for await (const record of decodeBackup(chunksOf(backup.directory, part))) {
      if (record.kind !== 'document') continue;
      if (backup.documents.get(documentKey(record.id))?.position === position) yield record;
      position++;
    }
  }
}

function requireChain(manifest: BackupManifest): readonly BackupPart[] {
  const parts = lastChain(manifest);
  let before: BackupPart | undefined;
  for (const part of parts) {
    const fits =
      before === undefined
        ? part.since === 0
        : part.since === before.cursor && part.replicaId === before.replicaId;
    if (!fits)
      throw new BackupError('BACKUP_DAMAGED', `${part.file} does not go on where the part before it ended`);
    before = part;
  }
  return parts;
}

async function requireSize(directory: string, { file, bytes }: BackupPart): Promise<void> {
  const found = await stat(join(directory, file)).catch(() => undefined);
  if (found === undefined) throw new BackupError('BACKUP_DAMAGED', `${file} is missing`);
  if (found.size !== bytes) {
    throw new BackupError(
      'BACKUP_DAMAGED',
      `${file} has ${found.size} bytes, it had ${bytes} when it was written`,
    );
  }
}

function chunksOf(directory: string, { file }: BackupPart): AsyncIterable<Uint8Array> {
  return createReadStream(join(directory, file), { highWaterMark: 1_048_576 });
}
