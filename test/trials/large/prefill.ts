import { err, taggedError } from '@hearsay/core';
import { openNodeStore } from '@hearsay/storage/node';
import { storeOptions } from '../../cluster/prefill.ts';
import type { LargeDocument } from './documents.ts';

/** Writes documents into a store that no node has open, as logs that nobody has compacted yet. */
export async function prefillLarge(directory: string, documents: readonly LargeDocument[]): Promise<void> {
  const opened = await openNodeStore({
    ...storeOptions(directory),
    compact: async () => err(taggedError('NOT_NOW', 'left to the node')),
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  for (const { name, log } of documents) {
    for (const update of log) {
      const submitted = store.submit({ collection: 'default', name }, update, { kind: 'local' });
      // As many at a time as the queue takes.
      if (store.status().queuedBytes < 4_000_000) void submitted;
      else await submitted;
    }
    const last = await store.submit({ collection: 'default', name }, log.at(-1) as Uint8Array, {
      kind: 'local',
    });
    if (!last.ok) throw new Error(last.error.message);
  }
  await store.idle();
  await store.close();
}
