import { ByteWriter, decode } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';

const record = 'replica/acknowledged';

/** Outbox position up to which everything is on a server; 0 when nobody has ever said so. */
export async function readAcknowledged(store: Pick<DocumentStore, 'readState'>): Promise<number> {
  const bytes = await store.readState(record);
  const position = bytes === undefined ? undefined : decode(bytes, (reader) => reader.varUint());
  return position?.ok ? position.value : 0;
}

export async function writeAcknowledged(
  store: Pick<DocumentStore, 'writeState'>,
  position: number,
): Promise<void> {
  await store.writeState(record, new ByteWriter(8).varUint(position).finish());
}
