import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';
import { decodeBackup } from '../backup/frames.ts';
import {
  type BackupDamage,
  type BackupEnd,
  BackupError,
  type BackupPosition,
  type BackupStart,
  type WholeReason,
} from '../backup/record.ts';
import { type BackupManifest, type BackupPart, readManifest, writeManifest } from './backup-manifest.ts';
import { lockDirectory } from './directory-lock.ts';
import { syncDirectory } from './durable-file.ts';

/** Gives one part of a store: everything, or the changes after where a part ended. */
export type BackupSource = (
  since: BackupPosition | undefined,
) => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;

export interface WriteBackupOptions {
  /** Made where it is missing; a backup that is there already is continued. */
  readonly directory: string;
  readonly source: BackupSource;
  /** Writes everything, whatever is there. */
  readonly full?: boolean;
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Ends the writing; what was there before stays as it was. */
  readonly signal?: AbortSignal;
}

export interface BackupProgress {
  readonly documents: number;
  /** As far as known. */
  readonly expected: number;
  readonly bytes: number;
}

export interface BackupWritten {
  /** Null when nothing had changed. */
  readonly part: BackupPart | null;
  readonly parts: number;
  /** Why everything was written, though the backup was to be continued. */
  readonly whole: WholeReason | null;
  /** Documents that could not be read at the source: they are missing, or in an older state. */
  readonly damaged: readonly BackupDamage[];
  /** Whether the source knew of documents that it could not name: its scrub finds them. */
  readonly unlisted: boolean;
}

export type WriteBackupError = TaggedError<
  'BACKUP_LOCKED' | 'BACKUP_MISMATCH' | 'BACKUP_STOPPED' | BackupError['code']
>;

/** Writes the next part of a backup: to a file beside the others, checked on the way, then named in the manifest. */
export async function writeBackup(
  options: WriteBackupOptions,
): Promise<Result<BackupWritten, WriteBackupError>> {
  const { directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(join(directory, 'backup.lock'));
  if (!lock.ok) return err(taggedError('BACKUP_LOCKED', 'another process writes to this backup', true));
  try {
    return ok(await writePart(options, await readManifest(directory)));
  } catch (error) {
    if (options.signal?.aborted)
      return err(taggedError('BACKUP_STOPPED', 'it was told to stop; nothing was changed'));
    if (error instanceof Mismatch) return err(taggedError('BACKUP_MISMATCH', error.message));
    if (error instanceof BackupError) return err(taggedError(error.code, error.message));
    throw error;
  } finally {
    await lock.value.release();
  }
}

class Mismatch extends Error {}

async function writePart(
  { directory, source, full, onProgress, signal }: WriteBackupOptions,
  before: BackupManifest | undefined,
): Promise<BackupWritten> {
  const previous = full === true ? undefined : before?.parts.at(-1);
  const parts = before?.parts ?? [];
  const chunks = await source(previous);
  const file = `part-${String(parts.length + 1).padStart(6, '0')}.hearsay`;
  const temporary = join(directory, `${file}.partial`);
  try {
    const received = await receive(temporary, chunks, { before, previous, onProgress, signal });
    const { start, end, records, bytes, sha256 } = received;
    const { damaged, cursor, total } = end;
    const isShort = start.since === 0 && received.documents + damaged.length < total;
    const unlisted = end.unlisted > 0 || isShort;
    if (start.since > 0 && records === 0)
      return { part: null, parts: parts.length, whole: null, damaged, unlisted };
    const { replicaId, incarnation, since } = start;
    const startedAt = new Date(start.startedAt).toISOString();
    const endedAt = new Date(end.endedAt).toISOString();
    const part = {
      file,
      bytes,
      sha256,
      replicaId,
      incarnation,
      start: start.start,
      since,
      cursor,
      records,
      total,
      damaged,
      startedAt,
      endedAt,
    };
    await rename(temporary, join(directory, file));
    await syncDirectory(directory);
    await writeManifest(directory, { format: 1, cluster: start.cluster, parts: [...parts, part] });
    return { part, parts: parts.length + 1, whole: start.whole ?? null, damaged, unlisted };
  } finally {
    await rm(temporary, { force: true });
  }
}

interface Received {
  readonly start: BackupStart;
  readonly end: BackupEnd;
  readonly records: number;
  /** Different ones. */
  readonly documents: number;
  readonly bytes: number;
  readonly sha256: string;
}

interface Receiving {
  readonly before: BackupManifest | undefined;
  readonly previous: BackupPart | undefined;
  readonly onProgress: WriteBackupOptions['onProgress'];
  readonly signal: AbortSignal | undefined;
}

/** Writes a part to a file, synced, and reads it on the way. */
async function receive(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { before, previous, onProgress, signal }: Receiving,
): Promise<Received> {
  const hash = createHash('sha256');
  const file = await open(path, 'w', 0o600);
  let bytes = 0;
  async function* kept(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      hash.update(chunk);
      await file.appendFile(chunk);
      bytes += chunk.byteLength;
      yield chunk;
    }
  }
  try {
    let [start, end]: [BackupStart | undefined, BackupEnd | undefined] = [undefined, undefined];
    let records = 0;
    const names = new Set<string>();
    for await (const record of decodeBackup(kept())) {
      if (record.kind === 'start') {
        start = record;
        requireFit(record, before, previous);
      } else if (record.kind === 'end') {
        end = record;
      } else {
        records++;
        names.add(`${record.id.collection}/${record.id.name}`);
      }
      onProgress?.({ documents: records, expected: start?.expected ?? 0, bytes });
    }
    if (start === undefined || end === undefined)
      throw new BackupError('BACKUP_DAMAGED', 'the part is cut short');
    await file.sync();
    return { start, end, records, documents: names.size, bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

/** A part is complete, or goes on exactly where the last one ended. */
function requireFit(
  start: BackupStart,
  before: BackupManifest | undefined,
  previous: BackupPart | undefined,
): void {
  if (before !== undefined && start.cluster !== before.cluster) {
    throw new Mismatch(`the backup is of cluster "${before.cluster}", the node of "${start.cluster}"`);
  }
  if (start.since === 0) return;
  if (start.since !== previous?.cursor || start.replicaId !== previous.replicaId) {
    throw new BackupError('BACKUP_DAMAGED', 'the part does not go on where the last one ended');
  }
  if (start.start === undefined || previous.start === undefined) {
    throw new Mismatch('the node is of a version that cannot go on with this backup: write a full one');
  }
}
