import { ByteWriter, decode } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';

const record = 'replica/settled';

/** Outbox position up to which no edit is unsent; 0 where that was never written. */
export async function readSettled(store: Pick<DocumentStore, 'readState'>): Promise<number> {
  const bytes = await store.readState(record);
  const position = bytes === undefined ? undefined : decode(bytes, (reader) => reader.varUint());
  return position?.ok ? position.value : 0;
}

export async function writeSettled(
  store: Pick<DocumentStore, 'writeState'>,
  position: number,
): Promise<void> {
  await store.writeState(record, new ByteWriter(8).varUint(position).finish());
}
