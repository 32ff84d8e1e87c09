import { type DocumentKey, documentKey, err, limits, ok, taggedError } from '@hearsay/core';
import { mergeUpdates, versionOfUpdate } from '@hearsay/document';
import type { StoredDocument } from '@hearsay/storage';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { createStoreReader } from './store-reader.ts';

const id = { collection: 'default', name: 'a' };
const key: DocumentKey = documentKey(id);

function stored(length: number): StoredDocument {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (let part = 0; part < 4; part++) doc.getText('t').insert(0, 'x'.repeat(length / 4));
  const version = versionOfUpdate(Y.mergeUpdates(updates));
  if (!version.ok) throw new Error(version.error.message);
  return { key, id, life: 1, version: version.value, updates, endedClients: [], ended: null };
}

test('A236: the state of a large document is put together by another thread, of a small one at once', async () => {
  const asked: DocumentKey[] = [];
  let document = stored(1000);
  const reader = createStoreReader(
    {
      collections: async () => [],
      list: async () => [],
      digests: async () => [],
      read: async () => ok(document),
    },
    {
      json: () => Promise.reject(new Error('not asked')),
      state: async (of, updates) => {
        asked.push(of);
        return asked.length > 1 ? err(taggedError('OVERLOADED', 'busy', true)) : ok(mergeUpdates(updates));
      },
    },
  );
  expect(await reader.state(id)).toEqual(ok(mergeUpdates(document.updates)));
  expect(asked).toEqual([]);
  document = stored(2 * limits.inlineDocumentBytes);
  expect(await reader.state(id)).toEqual(ok(mergeUpdates(document.updates)));
  expect(asked).toEqual([key]);
  expect(await reader.state(id)).toMatchObject({ ok: false, error: { code: 'OVERLOADED' } });
});
