import { ByteWriter, decode } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';

/** That something which is deleted may still be in the files. */
export interface Erasure {
  /** From a moment of wall clock on, milliseconds, it is to be erased; the earliest counts. */
  due(atMs: number): Promise<void>;
  /**
   * Runs what forgets something, and gives how much that was; then erases, where something was forgotten or an erasure is due.
   * Nothing is forgotten where that cannot be noted.
   */
  after(nowMs: number, forget: () => Promise<number>): Promise<number>;
}

/**
 * Noted in the store under a name before anything is forgotten, until it has been erased: neither a failure nor the end of the
 * process in between may leave contents in the files for good.
 */
export function openErasure(
  store: Pick<DocumentStore, 'readState' | 'writeState' | 'erase'>,
  name: string,
): Erasure {
  const record = `erasure-due.${name}`;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: what becomes due during an erasure is due after it. */
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = last.then(run);
    last = done.catch(() => {});
    return done;
  }

  async function noted(): Promise<number | null> {
    const bytes = await store.readState(record);
    if (bytes === undefined || bytes.byteLength === 0) return null;
    const read = decode(bytes, (reader) => reader.varUint());
    return read.ok ? read.value : 0;
  }

  async function note(atMs: number | null): Promise<void> {
    const bytes = atMs === null ? new Uint8Array(0) : new ByteWriter(9).varUint(atMs).finish();
    await store.writeState(record, bytes);
    // A write that failed is told nobody. One that is noted for too long costs one erasure too many.
    if (atMs !== null && (await noted()) !== atMs) throw new Error('an erasure could not be noted as due');
  }

  return {
    due: (atMs) =>
      inTurn(async () => {
        const before = await noted();
        if (before === null || before > atMs) await note(atMs);
      }),
    after: (nowMs, forget) =>
      inTurn(async () => {
        const before = await noted();
        const isDue = before !== null && before <= nowMs;
        if (!isDue) await note(nowMs);
        const forgotten = await forget();
        if (isDue || forgotten > 0) await store.erase();
        await note(isDue || forgotten > 0 ? null : before);
        return forgotten;
      }),
  };
}
