import { type DocumentId, type DocumentKey, equalBytes, ok } from '@hearsay/core';
import {
  admitUpdate,
  compactUpdates,
  encodeVersion,
  equalVersions,
  type Version,
  versionDigest,
  versionOfUpdate,
} from '@hearsay/document';
import { type BatchOperation, del, put } from './database.ts';
import type { LoadedDocument } from './document-loader.ts';
import { phaseOf } from './document-state.ts';
import { sealRecord } from './envelope.ts';
import { documentKeyBytes, snapshotKey, tailKey, versionKey } from './keys.ts';
import type { OpenDocument, OpenDocuments } from './open-documents.ts';
import { encodePart } from './records.ts';
import type { CompactPort, StoreCounter } from './store-types.ts';
import { queueChange, type Submissions } from './submissions.ts';
import type { WriteLoop } from './write-loop.ts';

/** Rewrites long tails as snapshots, one document at a time, while changes go on. */
export interface CompactionQueue {
  /** Queues the document when its tail is long. */
  consider(document: OpenDocument): void;
  /** Compacts now; false when there was nothing to do or it failed. */
  run(key: DocumentKey): Promise<boolean>;
  idle(): Promise<void>;
  /** Begins no more. */
  stop(): void;
}

export interface CompactionDeps {
  readonly documents: OpenDocuments;
  readonly loop: WriteLoop;
  readonly submissions: Submissions;
  loadContents(key: DocumentKey): Promise<LoadedDocument>;
  readonly compact: CompactPort;
  count(counter: StoreCounter): void;
  nextTurn(): Promise<void>;
  readonly tailUpdates: number;
  readonly tailBytes: number;
}

/** Builds the document on the calling thread: for tests, simulations and browsers. */
export const compactInline: CompactPort = async (_key, updates) => {
  const { version, ...compacted } = compactUpdates(updates);
  return ok({ ...compacted, version: { bytes: encodeVersion(version), digest: versionDigest(version, 0) } });
};

/** Snapshots up to this size are read once more before the log they replace is dropped: a few milliseconds at most. */
const recheckedBytes = 1_048_576;

export function createCompaction(deps: CompactionDeps): CompactionQueue {
  const { documents, loop } = deps;
  const waiting = new Set<DocumentKey>();
  /** Documents that could not be compacted, with the length of tail at which to try again. */
  const parked = new Map<DocumentKey, number>();
  let pump: Promise<void> | undefined;
  let running: DocumentKey | undefined;
  let stopped = false;

  async function drain(): Promise<void> {
    for (const key of waiting) {
      if (stopped) break;
      waiting.delete(key);
      running = key;
      await run(key);
      running = undefined;
    }
    pump = undefined;
  }

  async function run(key: DocumentKey): Promise<boolean> {
    try {
      return await compactOne(key);
    } catch {
      return false;
    }
  }

  async function compactOne(key: DocumentKey): Promise<boolean> {
    const loaded = await deps.loadContents(key);
    if (loaded.kind !== 'whole' || phaseOf(loaded.state) !== 'live') return false;
    const { state, id } = loaded;
    if (state.tailSequence === state.baseSequence) return false;
    const compacted = await attempt(key, loaded.updates);
    if (stopped) return false;
    if (compacted === undefined || !isSound(compacted, state.version)) {
      deps.count('compactionFailures');
      parked.set(key, 2 * (state.tailSequence - state.baseSequence));
      return false;
    }
    parked.delete(key);
    if (compacted.implied !== null && !(await learn(id, compacted.implied, state.life))) return false;
    const operations = replaceLog(documentKeyBytes(key), state, compacted);
    // To copy a large snapshot takes its time, and to hand it to the database as much again.
    await deps.nextTurn();
    const replaced = await documents.use(key, (document) => {
      const { queued } = document;
      const same = queued.life === state.life && queued.baseSequence === state.baseSequence;
      if (document.damage !== null || !same || phaseOf(queued) !== 'live' || loop.refusal() !== null)
        return undefined;
      const after = {
        ...queued,
        baseSequence: state.tailSequence,
        snapshotBytes: compacted.state.byteLength,
        tailBytes: queued.tailBytes - state.tailBytes,
      };
      return queueChange(loop, document, id, after, operations, null);
    });
    if (replaced?.ok !== true) return false;
    deps.count('compactions');
    return true;
  }

  async function attempt(key: DocumentKey, updates: readonly Uint8Array[]): Promise<Compacted | undefined> {
    try {
      const result = await deps.compact(key, updates);
      return result.ok ? result.value : undefined;
    } catch {
      return undefined;
    }
  }

  /** Deletes that the sum of the updates means are said aloud, so that all replicas' versions stay equal. */
  async function learn(id: DocumentId, implied: Uint8Array, life: number): Promise<boolean> {
    return (await deps.submissions.update(id, implied, { kind: 'compaction' }, life)).ok;
  }

  return {
    consider(document) {
      const { committed, key } = document;
      if (stopped || key === running || document.damage !== null || phaseOf(committed) !== 'live') return;
      const updates = committed.tailSequence - committed.baseSequence;
      const long =
        updates > deps.tailUpdates || committed.tailBytes > Math.max(deps.tailBytes, committed.snapshotBytes);
      if (!long || updates < (parked.get(key) ?? 2)) return;
      waiting.add(key);
      pump ??= drain();
    },
    run: (key) => run(key),
    idle: () => pump ?? Promise.resolve(),
    stop() {
      stopped = true;
    },
  };
}

type Compacted = Extract<Awaited<ReturnType<CompactPort>>, { readonly ok: true }>['value'];

/** Whether the snapshot is what the log said and implied. */
function isSound({ state, implied, version: { bytes, digest } }: Compacted, said: Version): boolean {
  let version = said;
  if (implied !== null) {
    const admission = admitUpdate(implied, said);
    if (!admission.ok) return false;
    if (admission.value.kind === 'novel') version = admission.value.version;
  }
  if (versionDigest(version, 0) !== digest) return false;
  if (state.byteLength > recheckedBytes) return true;
  const found = versionOfUpdate(state);
  return found.ok && equalBytes(encodeVersion(found.value), bytes) && equalVersions(found.value, version);
}

function replaceLog(
  keyBytes: Uint8Array,
  state: { readonly life: number; readonly baseSequence: number; readonly tailSequence: number },
  { state: snapshot, version }: Compacted,
): BatchOperation[] {
  const { life, tailSequence: sequence } = state;
  const operations = [
    sealed(snapshotKey(keyBytes), encodePart({ life, sequence, bytes: snapshot })),
    sealed(versionKey(keyBytes), encodePart({ life, sequence, bytes: version.bytes })),
  ];
  for (let old = state.baseSequence + 1; old <= sequence; old++) operations.push(del(tailKey(keyBytes, old)));
  return operations;
}

function sealed(key: Uint8Array, payload: readonly Uint8Array[]): BatchOperation {
  return put(key, sealRecord(key, payload));
}
