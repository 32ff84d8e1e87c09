import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DocumentKey,
  err,
  ok,
  type ReplicaId,
  type Result,
  type TaggedError,
  taggedError,
  utf8Encode,
} from '@hearsay/core';
import { mergeUpdates, splitUpdate } from '@hearsay/document';
import { type BackupDocument, BackupError } from '../backup/record.ts';
import type { DocumentChange } from '../replica.ts';
import type { DocumentStore } from '../store-types.ts';
import { lockDirectory } from './directory-lock.ts';
import { syncDirectory } from './durable-file.ts';
import { type NodeStoreOptions, openNodeStore } from './open-node-store.ts';
import { backupDocuments, type CheckedBackup, checkBackup, type LastTold } from './read-backup.ts';

export interface RestoreOptions extends Omit<NodeStoreOptions, 'directory' | 'cluster'> {
  /** Where the backup is. */
  readonly from: string;
  /** Where the store is to be; made where it is missing, refused where there is a store. */
  readonly directory: string;
  /** The backup's own where it is not given. */
  readonly cluster?: string;
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Ends the work; nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface RestoreProgress {
  /** `check` counts bytes, the others documents. */
  readonly phase: 'check' | 'write' | 'compare';
  readonly done: number;
  readonly total: number;
}

export interface Restored {
  readonly cluster: string;
  /** Of the new store: never that of the one that was backed up. */
  readonly replicaId: ReplicaId;
  /** Live documents, and deleted ones of which a certificate is kept. */
  readonly documents: number;
  /** Milliseconds of wall clock at which the documents were so. */
  readonly asOf: number;
}

export type RestoreError = TaggedError<
  | 'STORE_EXISTS'
  | 'DIRECTORY_UNWRITABLE'
  | 'STORE_LOCKED'
  | 'RESTORE_STOPPED'
  | 'RESTORE_FAILED'
  | BackupError['code']
>;

/** Documents stored in one batch. */
const pageDocuments = 256;

/**
 * What a restored store says of its age, for the record of the engine's of this name; with `isFirst` that it is the first of
 * another cluster than the backup's, where nothing was deleted before it.
 */
export const restoredRecord = 'restored-backup';

/**
 * Makes a store of a backup: a new replica, which no peer has met and no cursor points into. Everything is read and checked
 * before anything is made; the store is built aside and moved into place when all of its documents are as the
 * backup says.
 */
export async function restoreStore(options: RestoreOptions): Promise<Result<Restored, RestoreError>> {
  const { from, directory, onProgress = () => {} } = options;
  try {
    const backup = await checkBackup(from, (done, total) => {
      options.signal?.throwIfAborted();
      onProgress({ phase: 'check', done, total });
    });
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch(refuse('DIRECTORY_UNWRITABLE'));
    const lock = await lockDirectory(join(directory, 'store.lock')).catch(refuse('DIRECTORY_UNWRITABLE'));
    if (!lock.ok) return lock;
    try {
      return ok(await build(options, backup));
    } finally {
      await lock.value.release();
    }
  } catch (error) {
    if (options.signal?.aborted)
      return err(taggedError('RESTORE_STOPPED', 'it was told to stop; nothing was left behind'));
    if (error instanceof BackupError) return err(taggedError(error.code, error.message));
    if (error instanceof Refusal) return err(taggedError(error.code, error.message));
    throw error;
  }
}

async function build(options: RestoreOptions, backup: CheckedBackup): Promise<Restored> {
  const { directory } = options;
  const names = await readdir(directory);
  if (names.some((name) => name === 'db' || name === 'store.json')) {
    throw new Refusal('STORE_EXISTS', `there is a store in ${directory} already`);
  }
  const aside = join(directory, 'restoring');
  // What an earlier attempt left when it was killed.
  await rm(aside, { recursive: true, force: true });
  try {
    const restored = await fill({ ...options, directory: aside }, backup);
    await rename(join(aside, 'db'), join(directory, 'db'));
    await rename(join(aside, 'store.json'), join(directory, 'store.json'));
    await syncDirectory(directory);
    return restored;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function fill(options: RestoreOptions, backup: CheckedBackup): Promise<Restored> {
  const { from: _from, onProgress = () => {}, signal, ...given } = options;
  // What a backup tells is taken as it is, however long ago it was made.
  const certificateMs = Number.POSITIVE_INFINITY;
  const rest = { ...given, certificateMs, tunables: { ...given.tunables, ...uncompacted } };
  const cluster = options.cluster ?? backup.cluster;
  const last = backup.parts.at(-1);
  const source = last?.replicaId ?? ('0'.repeat(32) as ReplicaId);
  const asOf = last === undefined ? 0 : Date.parse(last.endedAt);
  const { documents } = backup;
  // Opened once more below: LevelDB then writes what it finds in its log to a table, and syncs it.
  const writing = await opened({ ...rest, cluster, durability: 'buffered' });
  try {
    // First of all, and read again at the end: what was restored must never be taken for a store of today.
    const age = { asOf, from: source, ...(cluster !== backup.cluster && { isFirst: true }) };
    await writing.writeState(restoredRecord, utf8Encode(JSON.stringify(age)));
    let done = 0;
    for await (const page of pages(backupDocuments(backup))) {
      signal?.throwIfAborted();
      await write(writing, page, source);
      done += page.length;
      onProgress({ phase: 'write', done, total: documents.size });
    }
    await writing.idle();
  } finally {
    await writing.close();
  }
  const store = await opened({ ...rest, cluster });
  try {
    await compare(store, documents, (done) => {
      signal?.throwIfAborted();
      onProgress({ phase: 'compare', done, total: documents.size });
    });
    if ((await store.readState(restoredRecord)) === undefined) {
      throw new Refusal('RESTORE_FAILED', 'the age of the backup could not be noted in the store');
    }
    const { replicaId } = store.identity;
    return { cluster, replicaId, documents: documents.size, asOf };
  } finally {
    await store.close();
  }
}

async function opened(options: NodeStoreOptions): Promise<DocumentStore> {
  const store = await openNodeStore(options);
  if (!store.ok) throw new Refusal('RESTORE_FAILED', store.error.message);
  return store.value;
}

async function* pages(documents: AsyncIterable<BackupDocument>): AsyncGenerator<readonly BackupDocument[]> {
  let page: BackupDocument[] = [];
  for await (const document of documents) {
    page.push(document);
    if (page.length < pageDocuments) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function write(store: DocumentStore, page: readonly BackupDocument[], from: ReplicaId): Promise<void> {
  const outcomes = await store.receive(page.flatMap(changesOf), from);
  for (const outcome of outcomes) {
    if (outcome.ok) continue;
    throw new Refusal(
      'RESTORE_FAILED',
      `a document was refused: ${outcome.error.code}: ${outcome.error.message}`,
    );
  }
}

function changesOf({ id, life, certificate, updates }: BackupDocument): readonly DocumentChange[] {
  const ended: DocumentChange[] = certificate === null ? [] : [{ kind: 'certificate', id, certificate }];
  if (certificate !== null && certificate.life >= life) return ended;
  const pieces = splitUpdate(mergeUpdates(updates), pieceBytes);
  return [...ended, ...pieces.map((update): DocumentChange => ({ kind: 'update', id, life, update }))];
}

/** Compaction finds out deletes, which the backup then does not know: it is for the node that opens the store. */
const uncompacted = {
  compactTailUpdates: Number.MAX_SAFE_INTEGER,
  compactTailBytes: Number.MAX_SAFE_INTEGER,
};

/** As repair sends them. */
const pieceBytes = 1_048_576;

async function compare(
  store: DocumentStore,
  expected: ReadonlyMap<DocumentKey, LastTold>,
  onProgress: (done: number) => void,
): Promise<void> {
  const keys = [...expected.keys()];
  for (let done = 0; done < keys.length; done += pageDocuments) {
    const page = keys.slice(done, done + pageDocuments);
    const digests = await store.digests(page);
    const wrong = page.filter((key, at) => digests[at] !== expected.get(key)?.digest);
    if (wrong.length > 0) {
      throw new Refusal(
        'RESTORE_FAILED',
        `${wrong.length} documents came out otherwise than the backup says`,
      );
    }
    onProgress(done + page.length);
  }
}

class Refusal extends Error {
  readonly code: RestoreError['code'];

  constructor(code: RestoreError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

function refuse(code: RestoreError['code']): (error: unknown) => never {
  return (error) => {
    throw new Refusal(code, error instanceof Error ? error.message : String(error));
  };
}
