import { type DocumentId, type DocumentKey, type Life, ok, type Result } from '@hearsay/core';
import type { Version } from '@hearsay/document';
import type { LoadedDocument } from './document-loader.ts';
import { absentState, type DocumentState } from './document-state.ts';
import type { WriteFailure } from './errors.ts';
import { documentKeyBytes } from './keys.ts';
import type { QuarantineReason, QuarantineRecord } from './records.ts';

/** Why a copy is not to be used, and what it is known to have been. */
export interface Damage {
  readonly reason: QuarantineReason;
  /** 0: nobody knows. */
  readonly life: Life;
  /** The last update that it had; 0: nobody knows. */
  readonly tailSequence: number;
}

/** A document in memory: what is on disk, and what will be when all that is queued is. */
export interface OpenDocument {
  readonly key: DocumentKey;
  readonly keyBytes: Uint8Array;
  id: DocumentId | undefined;
  committed: DocumentState;
  queued: DocumentState;
  /** Of the committed state. */
  feedSequence: number;
  /** Whether the document has a head on disk. */
  stored: boolean;
  /** Changes that are queued and not yet on disk. */
  pending: number;
  /** How the last of them ends. */
  lastPending: Promise<Result<number, WriteFailure>>;
  damage: Damage | null;
  /** While its contents are set aside, edits wait: none may come between those and the end of its life. */
  held: Promise<void> | null;
  /** Who writes with which client id, for as long as the document is in memory. */
  readonly writers: Map<number, string>;
}

export interface OpenDocuments {
  /**
   * Runs `task` on the document, at once when it is in memory, else after it is loaded. Tasks of one document run in
   * the order of their calls, and one load serves all that wait for it.
   */
  use<T>(key: DocumentKey, task: (document: OpenDocument) => T | Promise<T>, id?: DocumentId): Promise<T>;
  /** Undefined when not in memory. */
  peek(key: DocumentKey): OpenDocument | undefined;
  all(): Iterable<OpenDocument>;
  /** Estimated bytes held. */
  readonly bytes: number;
  /** Forgets everything; loads under way begin anew. After a write error nothing in memory is to be trusted. */
  clear(): void;
  /** Forgets one document, so that it is read from disk when next used. */
  drop(key: DocumentKey): void;
}

export interface OpenDocumentsDeps {
  load(keyBytes: Uint8Array, id: DocumentId | undefined): Promise<LoadedDocument>;
  quarantined(key: DocumentKey): QuarantineRecord | undefined;
  /** Told of each document that comes into memory. */
  loaded(document: OpenDocument): void;
  readonly maxBytes: number;
}

interface Slot {
  document: OpenDocument | undefined;
  readonly waiting: ((document: OpenDocument) => void)[];
  readonly refuse: ((error: unknown) => void)[];
  bytes: number;
  /** Of which `bytes` are. */
  version: Version | undefined;
}

const settled: Promise<Result<number, WriteFailure>> = Promise.resolve(ok(0));

export function createOpenDocuments(deps: OpenDocumentsDeps): OpenDocuments {
  const slots = new Map<DocumentKey, Slot>();
  let bytes = 0;
  let epoch = 0;

  async function load(key: DocumentKey, slot: Slot, id: DocumentId | undefined): Promise<void> {
    try {
      for (;;) {
        const began = epoch;
        const keyBytes = documentKeyBytes(key);
        const loaded = await deps.load(keyBytes, id);
        if (began !== epoch) continue;
        slot.document = toDocument(key, keyBytes, loaded, id, deps.quarantined(key));
        deps.loaded(slot.document);
        resize(slot, slot.document);
        break;
      }
    } catch (error) {
      slots.delete(key);
      for (const refuse of slot.refuse) refuse(error);
      return;
    }
    const { document } = slot;
    for (const run of slot.waiting.splice(0)) run(document);
    slot.refuse.length = 0;
  }

  function resize(slot: Slot, document: OpenDocument): void {
    const { version } = document.queued;
    if (slot.version === version) return;
    slot.version = version;
    const now = estimate(version);
    bytes += now - slot.bytes;
    slot.bytes = now;
    evict(slot);
  }

  /** The one in use stays, however large: to load it for every question would take longer. */
  function evict(used: Slot): void {
    if (bytes <= deps.maxBytes) return;
    for (const [key, slot] of slots) {
      if (bytes <= deps.maxBytes) return;
      if (
        slot === used ||
        slot.document === undefined ||
        slot.document.pending > 0 ||
        slot.document.held !== null
      )
        continue;
      slots.delete(key);
      bytes -= slot.bytes;
    }
  }

  return {
    get bytes() {
      return bytes;
    },
    async use<T>(
      key: DocumentKey,
      task: (document: OpenDocument) => T | Promise<T>,
      id?: DocumentId,
    ): Promise<T> {
      const known = slots.get(key);
      if (known?.document !== undefined) {
        // To the end of the queue of those to be forgotten.
        slots.delete(key);
        slots.set(key, known);
        const result = task(known.document);
        resize(known, known.document);
        return result;
      }
      const slot: Slot = known ?? {
        document: undefined,
        waiting: [],
        refuse: [],
        bytes: 0,
        version: undefined,
      };
      const done = new Promise<T>((resolve, reject) => {
        slot.waiting.push((document) => {
          try {
            resolve(task(document));
          } catch (error) {
            reject(error);
          }
        });
        slot.refuse.push(reject);
      });
      if (known === undefined) {
        slots.set(key, slot);
        void load(key, slot, id);
      }
      return done;
    },
    peek: (key) => slots.get(key)?.document,
    *all() {
      for (const { document } of slots.values()) if (document !== undefined) yield document;
    },
    clear() {
      epoch++;
      for (const [key, slot] of slots) if (slot.document !== undefined) slots.delete(key);
      bytes = 0;
    },
    drop(key) {
      const slot = slots.get(key);
      if (slot?.document === undefined) return;
      slots.delete(key);
      bytes -= slot.bytes;
    },
  };
}

function toDocument(
  key: DocumentKey,
  keyBytes: Uint8Array,
  loaded: LoadedDocument,
  id: DocumentId | undefined,
  quarantined: QuarantineRecord | undefined,
): OpenDocument {
  const whole = loaded.kind === 'whole' && quarantined === undefined ? loaded : undefined;
  const head = loaded.kind === 'damaged' ? loaded.head : undefined;
  const state = whole?.state ?? absentState;
  const found = loaded.kind === 'damaged' ? damageOf(loaded) : null;
  return {
    key,
    keyBytes,
    id: whole?.id ?? quarantined?.id ?? head?.id ?? (found === null ? undefined : id),
    committed: state,
    queued: state,
    feedSequence: whole?.feedSequence ?? quarantined?.feedSequence ?? head?.feedSequence ?? 0,
    stored: loaded.kind !== 'absent' || quarantined !== undefined,
    pending: 0,
    lastPending: settled,
    damage: quarantined ?? found,
    held: null,
    writers: new Map(),
  };
}

export function damageOf({ reason, life, tailSequence }: Damage): Damage {
  return { reason, life, tailSequence };
}

/** Bytes on the heap, roughly: an entry of a map 50, the deletes of a client what they say, the rest 600. */
function estimate({ stateVector, deleteSet }: Version): number {
  let bytes = 600 + stateVector.size * 50;
  for (const deleted of deleteSet.values()) bytes += deleted.heldBytes;
  return bytes;
}
