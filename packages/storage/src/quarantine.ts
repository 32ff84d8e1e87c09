import type { DocumentId, DocumentKey } from '@hearsay/core';
import { del } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import type { LoadedDocument } from './document-loader.ts';
import type { DocumentState } from './document-state.ts';
import type { StoreFinding } from './findings.ts';
import { documentKeyBytes, feedKey, quarantineKey } from './keys.ts';
import { type Damage, damageOf, type OpenDocument, type OpenDocuments } from './open-documents.ts';
import type { QuarantineRecord } from './records.ts';
import type { DamagedDocument, StoreCounter } from './store-types.ts';
import type { WriteLoop } from './write-loop.ts';

/** Documents whose copy here is damaged: never served nor gossiped, until a peer has sent them anew. */
export interface Quarantine {
  list(): readonly DamagedDocument[];
  get(key: DocumentKey): QuarantineRecord | undefined;
  /** Records a document in memory as damaged. */
  add(document: OpenDocument, damage: Damage): void;
  /** Notes what a damaged document is called, where nobody knew. */
  identify(key: DocumentKey, id: DocumentId): Promise<void>;
  /** Records it anew and moves it in the feed: the index has not heard of it. */
  announce(document: OpenDocument, damage: Damage): void;
  /** After the batch that wrote it whole. */
  released(document: OpenDocument): void;
  /** After the batch that moved it in the feed. */
  moved(document: OpenDocument, feedSequence: number): void;
  /** The document was never there: what could not be read was nothing. */
  forget(document: OpenDocument): Promise<boolean>;
  reset(records: ReadonlyMap<DocumentKey, QuarantineRecord>): void;
  /** Contents of a document from disk; one that turns out damaged is recorded. With an `id` so does one of which only the name is left. */
  loadContents(key: DocumentKey, id?: DocumentId): Promise<LoadedDocument>;
}

export interface QuarantineDeps {
  readonly handle: DatabaseHandle;
  documents(): OpenDocuments;
  loop(): WriteLoop;
  count(counter: StoreCounter): void;
  found(finding: StoreFinding): void;
}

export function createQuarantine(deps: QuarantineDeps): Quarantine {
  let records = new Map<DocumentKey, QuarantineRecord>();

  function add(document: OpenDocument, found: Damage): void {
    const { committed } = document;
    // Memory may know of more than what the disk gives.
    const damage = {
      reason: found.reason,
      life: Math.max(found.life, committed.life),
      tailSequence: Math.max(found.tailSequence, committed.tailSequence),
    };
    document.damage = damage;
    if (records.has(document.key)) return;
    deps.count('documentsDamaged');
    const { key, id, feedSequence } = document;
    records.set(key, { ...damage, feedSequence, id });
    deps.found({ code: 'DOCUMENT_DAMAGED', key, id, reason: damage.reason });
    announce(document, damage);
  }

  function announce(document: OpenDocument, damage: Damage): void {
    document.pending++;
    deps.loop().push({
      kind: 'quarantine',
      document,
      damage,
      bytes: 128,
      settle() {
        document.pending--;
      },
    });
  }

  return {
    list: () => [...records].map(([key, { id, reason }]) => ({ key, id, reason })),
    get: (key) => records.get(key),
    add,
    announce,
    async identify(key, id) {
      const record = records.get(key);
      if (record === undefined || record.id !== undefined) return;
      await deps.documents().use(key, (document) => {
        if (document.damage === null || document.pending > 0) return;
        document.id = id;
        records.set(key, { ...record, id });
        announce(document, document.damage);
      });
    },
    released(document) {
      document.damage = null;
      if (records.delete(document.key)) deps.count('documentsHealed');
    },
    moved({ key }, feedSequence) {
      const record = records.get(key);
      if (record !== undefined) records.set(key, { ...record, feedSequence });
    },
    forget(document) {
      const { key, keyBytes, feedSequence } = document;
      const operations = [del(quarantineKey(keyBytes)), del(feedKey(feedSequence))];
      return new Promise((resolve) =>
        deps.loop().push({
          kind: 'records',
          operations,
          bytes: 128,
          settle({ ok }) {
            if (ok && records.delete(key)) deps.count('documentsHealed');
            if (ok) deps.documents().drop(key);
            resolve(ok);
          },
        }),
      );
    },
    reset(read) {
      records = new Map(read);
    },
    async loadContents(key, id) {
      const known = deps.documents().peek(key)?.committed;
      const read = (): Promise<LoadedDocument> =>
        deps.handle.load(documentKeyBytes(key), 'contents', { id, known });
      let loaded = await read();
      if (isBehind(loaded, known)) {
        deps.count('staleReads');
        loaded = await read();
        if (isBehind(loaded, known)) loaded = asDamaged(loaded);
      }
      if (loaded.kind !== 'damaged' || records.has(key)) return loaded;
      const damage = damageOf(loaded);
      await deps.documents().use(
        key,
        (document) => {
          if (document.damage !== null || document.pending > 0) return;
          document.id ??= loaded.head?.id ?? id;
          add(document, damage);
        },
        id,
      );
      return loaded;
    },
  };
}

/** LevelDB has been seen to give old values back (google/leveldb#320): whole ones, which only their sequence betrays. */
function isBehind(loaded: LoadedDocument, known: DocumentState | undefined): loaded is WholeDocument {
  if (loaded.kind !== 'whole' || known === undefined) return false;
  const { life, tailSequence } = loaded.state;
  return life < known.life || (life === known.life && tailSequence < known.tailSequence);
}

function asDamaged({ updates, state: { life, version, tailSequence } }: WholeDocument): LoadedDocument {
  const rest = { life, readable: updates, known: version, isAllKnown: false, tailSequence };
  return { kind: 'damaged', reason: 'INCONSISTENT', head: undefined, ...rest };
}

type WholeDocument = Extract<LoadedDocument, { readonly kind: 'whole' }>;
