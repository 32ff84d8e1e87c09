import { AbstractIterator, AbstractLevel } from 'abstract-level';
import type { ProcessTime } from '../time/node-clock.ts';
import type { MediumOperation } from './medium.ts';
import type { ReadRange } from './read-watch.ts';
import type { VirtualDisk } from './virtual-disk.ts';

type Stored = string | Buffer | Uint8Array;
type Entry = [Uint8Array, Uint8Array];

/** Options that `abstract-level` hands down to an iterator: a range, `reverse` and `limit`. */
interface RangeOptions extends ReadRange {
  readonly limit?: number;
}

/** A process's own handle of the database on a {@link VirtualDisk}: `abstract-level`'s private interface. */
export class DiskHandle extends AbstractLevel<Stored, Uint8Array, Uint8Array> {
  readonly process: ProcessTime;
  /** After a failed sync LevelDB takes no more writes from the same handle. */
  poisoned = false;
  /** A record was torn: what follows it in the log will not be found. */
  torn = false;
  readonly #disk: VirtualDisk;
  readonly #create: boolean;

  constructor(disk: VirtualDisk, process: ProcessTime, create: boolean) {
    super(
      { encodings: { view: true }, seek: false, has: false },
      { keyEncoding: 'view', valueEncoding: 'view' },
    );
    this.#disk = disk;
    this.process = process;
    this.#create = create;
  }

  async _open(options: { readonly createIfMissing?: boolean }): Promise<void> {
    await this.#disk.open(this, this.#create && options.createIfMissing !== false);
  }

  async _close(): Promise<void> {
    await this.#disk.closed(this);
  }

  async _get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#disk.get(this, key);
  }

  async _getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#disk.getMany(this, keys);
  }

  async _put(key: Uint8Array, value: Uint8Array, options: { readonly sync?: boolean }): Promise<void> {
    await this.#disk.write(this, [{ type: 'put', key, value }], options.sync === true);
  }

  async _del(key: Uint8Array, options: { readonly sync?: boolean }): Promise<void> {
    await this.#disk.write(this, [{ type: 'del', key }], options.sync === true);
  }

  async _batch(operations: MediumOperation[], options: { readonly sync?: boolean }): Promise<void> {
    await this.#disk.write(this, operations, options.sync === true);
  }

  async _clear(options: RangeOptions): Promise<void> {
    const entries = await this.#disk.read(this, (level) => level.keys(options).all());
    await this.#disk.write(
      this,
      entries.map((key) => ({ type: 'del', key })),
      false,
    );
  }

  _iterator(options: RangeOptions): DiskIterator {
    return new DiskIterator(this, this.#disk, options);
  }
}

/** Reads a range in pages; the snapshot is taken when it is made, as LevelDB does. */
class DiskIterator extends AbstractIterator<DiskHandle, Uint8Array, Uint8Array> {
  readonly #disk: VirtualDisk;
  readonly #handle: DiskHandle;
  readonly #options: RangeOptions;
  #taken = 0;
  readonly #inner: AbstractIterator<unknown, Uint8Array, Uint8Array>;

  constructor(handle: DiskHandle, disk: VirtualDisk, options: RangeOptions) {
    super(handle, options);
    this.#handle = handle;
    this.#disk = disk;
    this.#options = options;
    this.#inner = disk.iterate(options);
  }

  async _next(): Promise<Entry | undefined> {
    const entry = await this.#disk.read(this.#handle, () => this.#inner.next());
    this.#passed(entry === undefined ? [] : [entry], entry === undefined);
    return entry;
  }

  async _nextv(size: number): Promise<Entry[]> {
    const entries = await this.#disk.read(this.#handle, () => this.#inner.nextv(size));
    this.#passed(entries, entries.length < size);
    return entries;
  }

  async _all(): Promise<Entry[]> {
    const entries = await this.#disk.read(this.#handle, () => this.#inner.all());
    this.#passed(entries, true);
    return entries;
  }

  /** A limit that was reached ends an iterator before its range does. */
  #passed(entries: readonly Entry[], ended: boolean): void {
    this.#taken += entries.length;
    const { limit = -1 } = this.#options;
    const toTheEnd = ended && (limit < 0 || this.#taken < limit);
    const last = entries.at(-1)?.[0];
    if (toTheEnd || last !== undefined) this.#disk.passed(this.#options, toTheEnd ? undefined : last);
  }

  async _close(): Promise<void> {
    await this.#inner.close();
  }
}
