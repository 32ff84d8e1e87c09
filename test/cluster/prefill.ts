import { type NodeStoreOptions, openNodeStore } from '@hearsay/storage/node';
import * as Y from 'yjs';

/** Writes documents into a store that no node has open, as a node would have stored them. */
export async function prefill(directory: string, documents: number): Promise<void> {
  const opened = await openNodeStore(storeOptions(directory));
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  for (let from = 0; from < documents; from += pageDocuments) {
    const page = Array.from({ length: Math.min(pageDocuments, documents - from) }, (_, index) => {
      return store.submit(
        { collection: 'default', name: documentName(from + index) },
        oneLine(from + index),
        {
          kind: 'local',
        },
      );
    });
    for (const receipt of await Promise.all(page)) if (!receipt.ok) throw new Error(receipt.error.message);
  }
  await store.idle();
  await store.close();
}

/** A store of the tests' cluster, opened by the test itself. */
export function storeOptions(directory: string): NodeStoreOptions {
  return {
    directory,
    cluster: 'test',
    clock: { now: () => Date.now() },
    timers: {
      set: (delayMs, fire) => {
        const timer = setTimeout(fire, delayMs);
        return () => clearTimeout(timer);
      },
    },
  };
}

export function documentName(index: number): string {
  return `document-${String(index).padStart(6, '0')}`;
}

/** The same for everybody, so that two stores filled so are equal without having met. */
function oneLine(index: number): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = index + 1;
  doc.getText('text').insert(0, `line of document ${index}`);
  return Y.encodeStateAsUpdate(doc);
}

const pageDocuments = 1000;
