import * as Y from 'yjs';
import type { Lineage } from '../channel/channel-types.ts';
import type { EditKey, EditLedger } from '../channel/edit-ledger.ts';
import { unknownLineage } from '../copy/copy-cards.ts';
import type { LocalCopy } from '../copy/local-copy.ts';
import { createNoCopy } from '../copy/no-copy.ts';
import { EditClock } from './edit-clock.ts';
import { isIncomplete, novelPart } from './novel-part.ts';

export interface KeeperListener {
  /** Somebody edited the document here; it is not durable yet. */
  edited(key: EditKey, update: Uint8Array): void;
  /** An edit is durable on this device. */
  stored(key: EditKey, update: Uint8Array): void;
  /** What the server sent is durable on this device. */
  learnt(key: EditKey, update: Uint8Array): void;
  /** The device does not keep what it should. The document goes on. */
  storageFailed(error: unknown): void;
}

export interface KeeperOptions {
  readonly doc: Y.Doc;
  /** Origin of transactions that bring what others did. */
  readonly origin: unknown;
  /** Of this tab and start: no two make the same keys. */
  readonly session: string;
  readonly ledger: EditLedger;
  openCopy(): Promise<LocalCopy>;
}

/** Where something that is applied comes from: the server's is new to this device, other tabs have stored theirs. */
export type UpdateSource = 'server' | 'device';

/** Keeps the document and its copy on this device alike: every change is written down, whoever made it. */
export class DocumentKeeper {
  readonly #options: KeeperOptions;
  readonly #listener: KeeperListener;
  readonly #clock: EditClock;
  #copy: LocalCopy = createNoCopy();
  #source: UpdateSource = 'device';
  /** Edits made before the copy was there, and what the document began with. */
  #early: Uint8Array[] | undefined = [];
  #records = 0;
  #compacting = false;
  /** The last write of this tab. */
  #written: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions, listener: KeeperListener) {
    this.#options = options;
    this.#listener = listener;
    this.#clock = new EditClock(options.session);
    const { doc } = options;
    if (!isEmpty(doc)) this.#early?.push(Y.encodeStateAsUpdate(doc));
    doc.on('update', this.#updated);
  }

  get copy(): LocalCopy {
    return this.#copy;
  }

  /** Edits that nobody has been told of yet. */
  get early(): number {
    return this.#early?.length ?? 0;
  }

  /** Brings what this device has into the document. Resolves also when nothing could be read. */
  async load(): Promise<Lineage> {
    try {
      this.#copy = await this.#options.openCopy();
    } catch (error) {
      this.#listener.storageFailed(error);
    }
    const lineage = await this.reload();
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const update of early) this.#record(update);
    return lineage;
  }

  /** Also what other tabs have written meanwhile. */
  async reload(): Promise<Lineage> {
    try {
      const { lineage, records, unsaved } = await this.#copy.load();
      this.#records = records.length;
      for (const { key } of records) this.#clock.observe(key);
      for (const key of unsaved) this.observe(key);
      if (this.#early !== undefined) this.#early = novel(this.#early, records);
      this.#applyAll(records.map(({ update }) => update));
      return lineage;
    } catch (error) {
      this.#listener.storageFailed(error);
      return unknownLineage;
    }
  }

  /** Somebody else's edit that no server has. */
  observe(key: EditKey): void {
    this.#clock.observe(key);
    this.#options.ledger.add(key, true);
  }

  /** Somebody else's record: what is made here from now on comes after it. */
  follow(key: EditKey): void {
    this.#clock.observe(key);
  }

  /** Resolves when all that was changed here until now is durable, or could not be made so. */
  whenWritten(): Promise<void> {
    return this.#written;
  }

  apply(update: Uint8Array, source: UpdateSource): void {
    this.#source = source;
    try {
      Y.applyUpdate(this.#options.doc, update, this.#options.origin);
    } finally {
      this.#source = 'device';
    }
  }

  /** Brings what a server sent into the document; false, and nothing done, where that is no update. */
  learnFrom(update: Uint8Array): boolean {
    const novel = novelPart(update, this.#options.doc);
    if (novel !== undefined) this.apply(novel, 'server');
    return novel !== undefined;
  }

  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.#options.doc);
  }

  /** {@link difference} from what a server says it has; undefined where that is no state vector. */
  differenceFrom(stateVector: Uint8Array): Uint8Array | undefined {
    try {
      return this.difference(stateVector);
    } catch {
      return undefined;
    }
  }

  /** What somebody with that state vector lacks; all deletions too. */
  difference(stateVector: Uint8Array): Uint8Array {
    return Y.encodeStateAsUpdate(this.#options.doc, stateVector);
  }

  /** Whether something in the document waits for what it depends on. */
  isIncomplete(): boolean {
    return isIncomplete(this.#options.doc);
  }

  isEmpty(): boolean {
    return isEmpty(this.#options.doc);
  }

  /** For the tab that leads: others only add. */
  async compactIfDue(): Promise<void> {
    if (this.#records < compactAfterRecords || this.#compacting) return;
    this.#compacting = true;
    try {
      await this.#copy.compact(this.#clock.next(), (updates) => {
        this.#applyAll(updates);
        return Y.encodeStateAsUpdate(this.#options.doc);
      });
      this.#records = 1;
    } catch (error) {
      this.#listener.storageFailed(error);
    } finally {
      this.#compacting = false;
    }
  }

  async close(): Promise<void> {
    this.#options.doc.off('update', this.#updated);
    await this.#copy.close();
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this.#options.origin) {
      if (this.#early === undefined) this.#record(update);
      else this.#early.push(update);
    } else if (this.#source === 'server') this.#learn(update);
  };

  #record(update: Uint8Array): void {
    const { ledger } = this.#options;
    const key = this.#clock.next();
    ledger.add(key, false);
    this.#listener.edited(key, update);
    this.#write(key, update, true, () => {
      ledger.markStored([key]);
      this.#listener.stored(key, update);
    });
  }

  #learn(update: Uint8Array): void {
    const key = this.#clock.next();
    this.#write(key, update, false, () => this.#listener.learnt(key, update));
  }

  /** What cannot be stored goes on all the same: a full disk must not keep people from working together. */
  #write(key: EditKey, update: Uint8Array, isUnsaved: boolean, done: () => void): void {
    this.#records++;
    this.#written = this.#copy
      .append({ key, update, isUnsaved })
      .catch((error: unknown) => this.#listener.storageFailed(error))
      .then(done);
  }

  /** A damaged update costs itself and what depends on it: the server has the rest. */
  #applyAll(updates: readonly Uint8Array[]): void {
    const { doc, origin } = this.#options;
    doc.transact(() => {
      for (const update of updates) {
        try {
          Y.applyUpdate(doc, update, origin);
        } catch (error) {
          this.#listener.storageFailed(error);
        }
      }
    }, origin);
  }
}

function isEmpty(doc: Y.Doc): boolean {
  return doc.store.clients.size === 0 && doc.store.pendingStructs === null;
}

/** What of these updates is not in the records: a document may begin with what another provider keeps. */
function novel(
  updates: readonly Uint8Array[],
  records: readonly { readonly update: Uint8Array }[],
): Uint8Array[] {
  if (updates.length === 0 || records.length === 0) return [...updates];
  const known = new Y.Doc({ gc: false });
  for (const { update } of records) Y.applyUpdate(known, update);
  const found: Uint8Array[] = [];
  known.on('update', (update: Uint8Array) => found.push(update));
  for (const update of updates) Y.applyUpdate(known, update);
  known.destroy();
  return found;
}

/** As y-indexeddb: more makes opening slower, less writes the whole document more often. */
const compactAfterRecords = 500;
