import { equalBytes, type Random } from '@hearsay/core';
import type { Database, Sentinel, SentinelRecord } from '@hearsay/storage';
import type { AbstractIterator } from 'abstract-level';
import type { MemoryLevel } from 'memory-level';
import type { ProcessTime } from '../time/node-clock.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { DiskFaults, ioError, type OperationFault, type OperationKind } from './disk-faults.ts';
import { DiskHandle } from './disk-handle.ts';
import { Medium, type MediumImage, type MediumOperation } from './medium.ts';
import type { ReadRange } from './read-watch.ts';

/** A copy of everything on a disk, as an operator might keep it. */
export interface DiskImage {
  readonly records: MediumImage;
  readonly sentinel: SentinelRecord | undefined;
  readonly created: boolean;
}

export interface DiskDeps {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly syncMs: number;
  /** A fault has befallen an operation. */
  fired(fault: DiskFault): void;
}

/** What can be seen to have befallen a disk. */
export type DiskFault = OperationFault | 'full' | 'hang' | 'slow' | 'lyingSync' | 'unsyncedLost';

/** What a store is opened with. */
export interface MountedDisk {
  openDatabase(options: { readonly create: boolean }): Database;
  readonly sentinel: Sentinel;
  hasRoom(): Promise<boolean>;
}

/**
 * The disk of one machine, which outlives its processes: a database and the sentinel file beside it. Every operation
 * takes its time and may suffer a fault; operations of a process that has ended never answer.
 */
export class VirtualDisk {
  readonly faults: DiskFaults;
  /** For the loop that fails every operation in turn. */
  failAtOperation: number = Number.POSITIVE_INFINITY;
  readonly #deps: DiskDeps;
  readonly #medium = new Medium();
  #created = false;
  #sentinel: SentinelRecord | undefined;
  #handle: DiskHandle | undefined;
  #operations = 0;
  #hung: (() => void)[] = [];
  #spared = 0;
  /** To be told that the disk was changed as a whole. */
  #replaced: (() => void) | undefined;

  constructor(deps: DiskDeps) {
    this.#deps = deps;
    this.faults = new DiskFaults(deps.syncMs);
  }

  /** Writes, reads and opens so far. */
  get operations(): number {
    return this.#operations;
  }

  /** Gives the disk to a process. */
  mount(process: ProcessTime): MountedDisk {
    return {
      openDatabase: ({ create }) => new DiskHandle(this, process, create),
      hasRoom: async () => !this.faults.full,
      sentinel: {
        read: () => this.#perform('read', process, async () => this.#sentinel, sentinelSuffers),
        write: (record) =>
          this.#perform('write', process, (fault) => this.#writeSentinel(record, fault), sentinelSuffers),
      },
    };
  }

  /** What was waiting for a hanging disk goes on. */
  unhang(): void {
    this.faults.hanging = false;
    for (const resume of this.#hung.splice(0)) resume();
  }

  /** No operation suffers anything while somebody looks whom it does not befall. */
  async spare<T>(look: () => Promise<T>): Promise<T> {
    this.#spared++;
    try {
      return await look();
    } finally {
      this.#spared--;
    }
  }

  /** The process is gone, what it had handed to the operating system is not. */
  async processEnded(): Promise<void> {
    this.#release();
    await this.#deps.time.settlement.hold(this.#medium.reread());
  }

  /** The machine is gone, and with it what was not synced. */
  async powerLost(): Promise<void> {
    this.#release();
    const lost = await this.#deps.time.settlement.hold(this.#medium.losePower(this.#deps.random));
    if (lost.batches > 0) this.#deps.fired('unsyncedLost');
    if (lost.lied > 0) this.#deps.fired('lyingSync');
  }

  async image(): Promise<DiskImage> {
    const records = await this.#deps.time.settlement.hold(this.#medium.image());
    return { records, sentinel: this.#sentinel, created: this.#created };
  }

  /** `found` is told when a process opens it and there is something else than before. */
  async restore(image: DiskImage, found: () => void = () => {}): Promise<void> {
    this.#sentinel = image.sentinel;
    this.#created = image.created;
    const before = await this.#deps.time.settlement.hold(this.#medium.image());
    this.#replaced = isSame(before, image.records) ? undefined : found;
    await this.#deps.time.settlement.hold(this.#medium.restore(image.records));
  }

  /** A new disk. */
  async wipe(found?: () => void): Promise<void> {
    await this.restore({ records: [], sentinel: undefined, created: false }, found);
  }

  /** The file beside the database is gone: the next process is a new replica with the same documents. */
  forgetSentinel(): void {
    this.#sentinel = undefined;
  }

  /** The database is gone, the sentinel is not. */
  async loseDatabase(found?: () => void): Promise<void> {
    await this.restore({ records: [], sentinel: this.#sentinel, created: this.#created }, found);
  }

  /** `read` is told when a process reads the record. */
  flipBit(read: () => void): Promise<void> {
    return this.#deps.time.settlement.hold(this.#medium.flipBit(this.#deps.random, read));
  }

  loseRecord(read: () => void): Promise<void> {
    return this.#deps.time.settlement.hold(this.#medium.loseRecord(this.#deps.random, read));
  }

  // What follows is called by handles alone.

  async open(handle: DiskHandle, create: boolean): Promise<void> {
    await this.#perform('open', handle.process, async (fault) => {
      if (fault === 'openError') throw ioError('Input/output error');
      if (this.#handle !== undefined) {
        throw Object.assign(new Error('IO error: LOCK: already held by process'), { code: 'LEVEL_LOCKED' });
      }
      if (!this.#created && !create) {
        throw Object.assign(new Error('Invalid argument: does not exist'), {
          code: 'LEVEL_INVALID_ARGUMENT',
        });
      }
      this.#created = true;
      this.#handle = handle;
      this.#replaced?.();
      this.#replaced = undefined;
      await this.#medium.reread();
    });
  }

  async closed(handle: DiskHandle): Promise<void> {
    if (this.#handle === handle) this.#handle = undefined;
    await this.#deps.time.settlement.hold(this.#medium.reread());
  }

  get(handle: DiskHandle, key: Uint8Array): Promise<Uint8Array | undefined> {
    const previous = this.#medium.previous(key);
    const suits = (fault: OperationFault): boolean => fault !== 'staleRead' || previous !== undefined;
    return this.#perform(
      'read',
      handle.process,
      async (fault) => {
        if (fault === 'readError') throw ioError('Input/output error');
        const value = await this.#medium.level.get(key);
        this.#medium.watch.got([key]);
        return fault === 'staleRead' ? this.#stale(value, previous?.value) : value;
      },
      suits,
    );
  }

  getMany(handle: DiskHandle, keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.read(handle, (level) => {
      this.#medium.watch.got(keys);
      return level.getMany(keys);
    });
  }

  read<T>(handle: DiskHandle, run: (level: MemoryLevel<Uint8Array, Uint8Array>) => Promise<T>): Promise<T> {
    return this.#perform(
      'read',
      handle.process,
      async (fault) => {
        if (fault === 'readError') throw ioError('Input/output error');
        return run(this.#medium.level);
      },
      (fault) => fault === 'readError',
    );
  }

  /** An iterator has come to this key of its range; to its end when there is none. */
  passed(range: ReadRange, last: Uint8Array | undefined): void {
    this.#medium.watch.passed(range, last);
  }

  iterate(options: object): AbstractIterator<unknown, Uint8Array, Uint8Array> {
    return this.#medium.level.iterator(options);
  }

  write(handle: DiskHandle, operations: readonly MediumOperation[], sync: boolean): Promise<void> {
    return this.#perform('write', handle.process, (fault) => this.#write(handle, operations, sync, fault));
  }

  async #write(
    handle: DiskHandle,
    operations: readonly MediumOperation[],
    sync: boolean,
    fault: OperationFault | undefined,
  ): Promise<void> {
    if (handle.poisoned) throw ioError('Input/output error');
    if (fault === 'tornRecord') {
      handle.torn = true;
      throw ioError('No space left on device');
    }
    if (this.faults.full) {
      this.#deps.fired('full');
      throw ioError('No space left on device');
    }
    if (fault === 'writeError') {
      handle.poisoned = true;
      throw ioError('Input/output error');
    }
    const { syncMs, lying } = this.faults;
    if (
      sync &&
      !lying &&
      !handle.torn &&
      syncMs === 0 &&
      fault === undefined &&
      this.#medium.unsynced === 0
    ) {
      await this.#medium.writeSynced(operations);
      return;
    }
    const sequence = await this.#medium.write(operations, handle.torn, sync && lying);
    if (sync && syncMs > 0) await this.#deps.time.sleep(syncMs);
    if (syncMs > this.#deps.syncMs) this.#deps.fired('slow');
    if (this.#handle !== handle) return;
    if (sync && !lying && fault === undefined) this.#medium.synced(sequence);
    if (fault === 'writeErrorApplied') {
      handle.poisoned = true;
      throw ioError('Input/output error');
    }
  }

  async #perform<T>(
    kind: OperationKind,
    process: ProcessTime,
    run: (fault: OperationFault | undefined) => Promise<T>,
    suits?: (fault: OperationFault) => boolean,
  ): Promise<T> {
    const operation = ++this.#operations;
    const { time } = this.#deps;
    if (kind === 'read' && this.faults.readMs > 0) await time.sleep(this.faults.readMs);
    if (this.faults.hanging) {
      this.#deps.fired('hang');
      await new Promise<void>((resolve) => this.#hung.push(resolve));
    }
    if (process.ended) return never();
    const fault = this.#faultOf(operation, kind, suits);
    // A stale read is one only where the value has changed.
    if (fault !== undefined && fault !== 'staleRead') this.#deps.fired(fault);
    try {
      const result = await run(fault);
      await inProcess(process);
      return result;
    } catch (error) {
      await inProcess(process);
      throw error;
    }
  }

  #faultOf(
    operation: number,
    kind: OperationKind,
    suits?: (fault: OperationFault) => boolean,
  ): OperationFault | undefined {
    if (operation === this.failAtOperation) return failureOf(kind);
    return this.#spared > 0 ? undefined : this.faults.next(kind, suits);
  }

  /** The value of before, where it is another: otherwise the fault waits for a read that shows it. */
  #stale(present: Uint8Array | undefined, before: Uint8Array | undefined): Uint8Array | undefined {
    if (present === undefined ? before === undefined : before !== undefined && equalBytes(present, before)) {
      this.faults.arm('staleRead');
      return present;
    }
    this.#deps.fired('staleRead');
    return before;
  }

  async #writeSentinel(record: SentinelRecord, fault: OperationFault | undefined): Promise<void> {
    if (this.faults.full) {
      this.#deps.fired('full');
      throw ioError('No space left on device');
    }
    if (fault !== undefined) throw ioError('Input/output error');
    this.#sentinel = record;
  }

  #release(): void {
    this.#handle = undefined;
    this.#hung = [];
  }
}

function isSame(a: MediumImage, b: MediumImage): boolean {
  if (a.length !== b.length) return false;
  return a.every(([key, value], at) => {
    const other = b[at];
    return other !== undefined && equalBytes(key, other[0]) && equalBytes(value, other[1]);
  });
}

function failureOf(kind: OperationKind): OperationFault {
  return kind === 'read' ? 'readError' : kind === 'write' ? 'writeError' : 'openError';
}

/** Goes on in the process: later when it is paused, never when it has ended. */
function inProcess(process: ProcessTime): Promise<void> {
  return new Promise((resolve) => process.enter(resolve));
}

function sentinelSuffers(fault: OperationFault): boolean {
  return fault === 'writeError';
}

function never(): Promise<never> {
  return new Promise(() => {});
}
