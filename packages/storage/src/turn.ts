import { type BatchOperation, del, put } from './database.ts';
import { type DocumentState, headOfState } from './document-state.ts';
import { sealRecord } from './envelope.ts';
import { feedKey, headKey, metaKey, outboxKey, quarantineKey } from './keys.ts';
import type { Damage, OpenDocument } from './open-documents.ts';
import {
  type Counters,
  encodeCounters,
  encodeHead,
  encodeKey,
  encodeOutbox,
  encodeQuarantine,
  type OutboxReference,
} from './records.ts';
import type { CommittedChange } from './store-types.ts';
import type { ChangeTask, WriteTask } from './write-task.ts';

/** One batch, composed: what to write, and what is true once it is written. */
export interface Turn {
  readonly operations: readonly BatchOperation[];
  readonly counters: Counters;
  /** Changes with news, in order. */
  readonly changes: readonly CommittedChange[];
  /** Documents whose head is written. */
  readonly heads: readonly WrittenHead[];
  /** Documents that move in the feed, whether their head is written or not. */
  readonly moved: ReadonlyMap<OpenDocument, number>;
}

export interface WrittenHead {
  readonly document: OpenDocument;
  readonly state: DocumentState;
  readonly healed: boolean;
}

/**
 * Puts tasks together into one batch. Head and feed entry of a document are written once, however many of its changes
 * are in the batch, and all changes share one outbox record.
 */
export function composeTurn(tasks: readonly WriteTask[], before: Counters): Turn {
  const operations: BatchOperation[] = [];
  const references: OutboxReference[] = [];
  const changes: CommittedChange[] = [];
  const written = new Map<OpenDocument, ChangeTask>();
  const healed = new Set<OpenDocument>();
  const moving = new Set<OpenDocument>();
  const damages = new Map<OpenDocument, Damage>();
  let { outboxFirst, outboxBytes, documents, forgottenFeed } = before;
  for (const task of tasks) {
    if (task.kind === 'quarantine') {
      damages.set(task.document, task.damage);
      healed.delete(task.document);
      moving.add(task.document);
      continue;
    }
    for (const operation of task.operations) operations.push(operation);
    if (task.kind === 'records') {
      if (task.forgotten !== undefined) {
        documents--;
        forgottenFeed = Math.max(forgottenFeed, task.forgotten);
      }
      outboxFirst += task.trim?.entries ?? 0;
      outboxBytes -= task.trim?.bytes ?? 0;
      continue;
    }
    written.set(task.document, task);
    if (task.moves) moving.add(task.document);
    if (task.heals) {
      healed.add(task.document);
      damages.delete(task.document);
    }
    if (task.news === null) continue;
    const reference = toReference(task);
    references.push(reference);
    outboxBytes += reference.bytes;
    changes.push(toChange(task, before.outboxHead + references.length));
  }
  let { feedHead } = before;
  const moved = new Map<OpenDocument, number>();
  for (const document of moving) {
    if (document.feedSequence > 0) operations.push(del(feedKey(document.feedSequence)));
    moved.set(document, ++feedHead);
    operations.push(sealed(feedKey(feedHead), encodeKey(document.key)));
  }
  for (const [document, task] of written) {
    if (!document.stored) documents++;
    if (healed.has(document)) operations.push(del(quarantineKey(document.keyBytes)));
    const head = headOfState(task.id, task.after, moved.get(document) ?? document.feedSequence);
    operations.push(sealed(headKey(document.keyBytes), encodeHead(head)));
  }
  for (const [document, damage] of damages) {
    const feedSequence = moved.get(document) ?? document.feedSequence;
    const record = encodeQuarantine({ ...damage, feedSequence, id: document.id });
    operations.push(sealed(quarantineKey(document.keyBytes), record));
  }
  if (references.length > 0) {
    operations.push(sealed(outboxKey(before.outboxHead + 1, references.length), encodeOutbox(references)));
  }
  const outboxHead = before.outboxHead + references.length;
  const counters = { feedHead, documents, outboxHead, outboxFirst, outboxBytes, forgottenFeed };
  operations.push(sealed(metaKey('counters'), encodeCounters(counters)));
  const heads = [...written].map(([document, task]) => ({
    document,
    state: task.after,
    healed: healed.has(document),
  }));
  return { operations, counters, changes, heads, moved };
}

function sealed(key: Uint8Array, payload: Uint8Array): BatchOperation {
  return put(key, sealRecord(key, payload));
}

function toReference(task: ChangeTask): OutboxReference {
  const { after } = task;
  const origin = task.news?.origin;
  const update = task.news?.update ?? null;
  return {
    key: task.document.key,
    life: after.life,
    from: origin?.kind === 'peer' ? origin.replica : null,
    tailSequence: update === null ? 0 : after.tailSequence,
    bytes: update?.byteLength ?? 0,
  };
}

function toChange(task: ChangeTask, sequence: number): CommittedChange {
  return {
    key: task.document.key,
    id: task.id,
    life: task.after.life,
    origin: task.news?.origin ?? { kind: 'local' },
    update: task.news?.update ?? null,
    certificate: task.news?.certificate ?? null,
    sequence,
  };
}
