import { type Random, toHex } from '@hearsay/core';
import { MemoryLevel } from 'memory-level';
import { ReadWatch } from './read-watch.ts';

/** The bytes of a database, complete: what a backup holds. */
export type MediumImage = readonly (readonly [Uint8Array, Uint8Array])[];

/** One record to be written or deleted, as `abstract-level` hands it down. */
export type MediumOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

interface UnsyncedBatch {
  readonly sequence: number;
  /** Puts everything back as it was before. */
  readonly undo: readonly MediumOperation[];
  /** Written behind a torn record: gone as soon as the log is read again. */
  readonly doomed: boolean;
  /** Its writer was told that it is synced, and it is not. */
  readonly lied: boolean;
}

/** Batches that went with the power. */
export interface LostBatches {
  readonly batches: number;
  /** Of these, said to be synced. */
  readonly lied: number;
}

/**
 * What is on the platters of one disk. Batches are whole or absent, as in LevelDB's log; those after the last sync can
 * be taken back, the last ones first.
 */
export class Medium {
  #level: MemoryLevel<Uint8Array, Uint8Array> = createLevel();
  /** Of records that were damaged. */
  readonly watch: ReadWatch = new ReadWatch();
  #unsynced: UnsyncedBatch[] = [];
  #sequence = 0;
  /** The last values of overwritten and deleted records, for reads of the past. */
  readonly #previous = new Map<string, Uint8Array | undefined>();

  get level(): MemoryLevel<Uint8Array, Uint8Array> {
    return this.#level;
  }

  get unsynced(): number {
    return this.#unsynced.length;
  }

  /** Gives the batch's place, for {@link synced}. */
  async write(operations: readonly MediumOperation[], doomed = false, lied = false): Promise<number> {
    const sequence = ++this.#sequence;
    const before = await this.#level.getMany(operations.map(({ key }) => key));
    const undo = operations.map((operation, i): MediumOperation => {
      const value = before[i];
      this.#remember(operation.key, value);
      return value === undefined
        ? { type: 'del', key: operation.key }
        : { type: 'put', key: operation.key, value };
    });
    this.#unsynced.push({ sequence, undo: undo.reverse(), doomed, lied });
    this.watch.written(operations.map(({ key }) => key));
    await this.#level.batch([...operations]);
    return sequence;
  }

  /** Without a way back; for disks that sync in no time. */
  async writeSynced(operations: readonly MediumOperation[]): Promise<void> {
    this.watch.written(operations.map(({ key }) => key));
    await this.#level.batch([...operations]);
  }

  /** Everything up to that batch stays. */
  synced(sequence: number): void {
    this.#unsynced = this.#unsynced.filter((batch) => batch.doomed || batch.sequence > sequence);
  }

  /** The log is read again by a new process: what stands behind a torn record is not found. */
  async reread(): Promise<number> {
    const first = this.#unsynced.findIndex(({ doomed }) => doomed);
    return first < 0 ? 0 : this.#takeBack(this.#unsynced.length - first);
  }

  /** Keeps a random number of the unsynced batches; gives how many are lost. */
  async losePower(random: Random): Promise<LostBatches> {
    const batches = random.below(this.#unsynced.length + 1);
    const lied = this.#unsynced.slice(this.#unsynced.length - batches).filter((batch) => batch.lied).length;
    await this.#takeBack(batches);
    this.#unsynced = [];
    return { batches, lied };
  }

  /** What the record was before its last change; undefined when that is not known. */
  previous(key: Uint8Array): { readonly value: Uint8Array | undefined } | undefined {
    const hex = toHex(key);
    return this.#previous.has(hex) ? { value: this.#previous.get(hex) } : undefined;
  }

  async image(): Promise<MediumImage> {
    return this.#level.iterator().all();
  }

  async restore(image: MediumImage): Promise<void> {
    this.#level = createLevel();
    this.#unsynced = [];
    this.#previous.clear();
    this.watch.clear();
    await this.#level.batch(image.map(([key, value]) => ({ type: 'put', key, value })));
  }

  /** Turns one bit of one record, if there is one; `read` is told when that is read. */
  async flipBit(random: Random, read: () => void): Promise<void> {
    const record = await this.#pick(random);
    if (record === undefined) return;
    const value = record[1].slice();
    const at = random.below(value.byteLength);
    value[at] = (value[at] ?? 0) ^ (1 << random.below(8));
    await this.#level.put(record[0], value);
    this.watch.watch(record[0], read);
  }

  /** Makes one record disappear, if there is one; `read` is told when it is looked for. */
  async loseRecord(random: Random, read: () => void): Promise<void> {
    const record = await this.#pick(random);
    if (record === undefined) return;
    await this.#level.del(record[0]);
    this.watch.watch(record[0], read);
  }

  /** Any record, each kind of record (the first byte of a key) as likely as the others. */
  async #pick(random: Random): Promise<readonly [Uint8Array, Uint8Array] | undefined> {
    const records = (await this.image()).filter(([, value]) => value.byteLength > 0);
    const kind = random.pick([...new Set(records.map(([key]) => key[0]))]);
    return random.pick(records.filter(([key]) => key[0] === kind));
  }

  async #takeBack(batches: number): Promise<number> {
    const lost = this.#unsynced.splice(this.#unsynced.length - batches).reverse();
    for (const { undo } of lost) await this.#level.batch([...undo]);
    return lost.length;
  }

  #remember(key: Uint8Array, value: Uint8Array | undefined): void {
    const hex = toHex(key);
    this.#previous.delete(hex);
    this.#previous.set(hex, value);
    if (this.#previous.size > 256) {
      const oldest = this.#previous.keys().next();
      if (oldest.done !== true) this.#previous.delete(oldest.value);
    }
  }
}

function createLevel(): MemoryLevel<Uint8Array, Uint8Array> {
  return new MemoryLevel({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' });
}
