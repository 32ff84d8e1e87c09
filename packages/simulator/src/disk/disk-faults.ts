/** What may befall a single operation of a disk. */
export type OperationFault =
  /** EIO, nothing written; the handle takes no more writes, as LevelDB after a failed sync. */
  | 'writeError'
  /** EIO although the bytes are there; likewise. */
  | 'writeErrorApplied'
  /** ENOSPC inside a record: what the same handle writes from now on seems to work and is gone when it is closed. */
  | 'tornRecord'
  | 'readError'
  /** A read gives the value that was there before the last change. */
  | 'staleRead'
  | 'openError';

/** Which operations a fault can befall. */
export type OperationKind = 'read' | 'write' | 'open';

const befalls: Readonly<Record<OperationFault, OperationKind>> = {
  writeError: 'write',
  writeErrorApplied: 'write',
  tornRecord: 'write',
  readError: 'read',
  staleRead: 'read',
  openError: 'open',
};

/** Lasting states of a disk, and the faults that wait for its next operations. */
export class DiskFaults {
  /** How long every sync takes. */
  syncMs: number;
  /** How long every read takes. */
  readMs = 0;
  /** No operation ends. */
  hanging = false;
  /** ENOSPC for every write. */
  full = false;
  /** Syncs do nothing and say they did. */
  lying = false;
  readonly #armed: OperationFault[] = [];
  readonly #usualSyncMs: number;

  constructor(syncMs: number) {
    this.#usualSyncMs = syncMs;
    this.syncMs = syncMs;
  }

  /** The next operation of its kind suffers it. */
  arm(fault: OperationFault): void {
    this.#armed.push(fault);
  }

  /** `suits`: whether this operation can show the fault at all. */
  next(
    kind: OperationKind,
    suits: (fault: OperationFault) => boolean = () => true,
  ): OperationFault | undefined {
    if (this.#armed.length === 0) return undefined;
    const at = this.#armed.findIndex((fault) => befalls[fault] === kind && suits(fault));
    return at < 0 ? undefined : this.#armed.splice(at, 1)[0];
  }

  /** A disk as it should be. */
  heal(): void {
    this.syncMs = this.#usualSyncMs;
    this.readMs = 0;
    this.hanging = false;
    this.full = false;
    this.lying = false;
    this.#armed.length = 0;
  }
}

/** As `classic-level` reports it: LevelDB's own words in the message. */
export function ioError(words: string): Error {
  return Object.assign(new Error(`IO error: 000003.log: ${words}`), { code: 'LEVEL_IO_ERROR' });
}
