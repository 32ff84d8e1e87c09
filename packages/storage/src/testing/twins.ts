import { documentKey } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import type { NodeStoreOptions } from '../node/open-node-store.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from './author.ts';
import { nodeOptions, openedNode } from './directories.ts';
import { idOf, local, memoryOptions, opened } from './stores.ts';

const names = Array.from({ length: 30 }, (_, at) => `doc-${at}`);

/** A closed store on disk and an equal one in memory. */
export async function twins(
  directory: string,
): Promise<{ readonly options: NodeStoreOptions; readonly copy: DocumentStore }> {
  const options = nodeOptions(directory);
  const store = await openedNode(options);
  await fill(store);
  await store.close();
  return { options, copy: await memoryTwin() };
}

/** The one in memory, which is the same each time. */
export async function memoryTwin(): Promise<DocumentStore> {
  const copy = await opened(memoryOptions());
  await fill(copy);
  return copy;
}

async function fill(store: DocumentStore): Promise<void> {
  const authors = names.map((_, at) => createAuthor(at + 1));
  for (let turn = 0; turn < 4; turn++) {
    for (const [at, name] of names.entries()) {
      const update = authors[at]?.type(`turn ${turn} of ${name}; `) ?? new Uint8Array(0);
      const stored = await store.submit(idOf(name), update, local);
      if (!stored.ok) throw new Error(stored.error.message);
    }
    await store.roots();
  }
}

/** Repairs as peers do in the end, document by document, until both are equal. */
export async function heal(store: DocumentStore, copy: DocumentStore): Promise<void> {
  for (let round = 0; round < 4; round++) {
    for (const name of names) {
      const key = documentKey(idOf(name));
      const [described] = await store.describe([key]);
      if (described === undefined) throw new Error('not described');
      const { changes } = await copy.difference(described);
      await store.receive(changes, copy.identity.replicaId, { complete: [key] });
    }
    while (!(await store.scrub(1000)).complete);
  }
}

/** Throws unless everything served is right, whatever was done to the files: whole, or refused as damaged, or not there. */
export async function requireNoLies(store: DocumentStore): Promise<void> {
  for (const name of names) {
    const read = await store.read(idOf(name));
    if (!read.ok) {
      if (read.error.code !== 'DOCUMENT_DAMAGED') throw new Error(`${name}: ${read.error.code}`);
    } else if (read.value !== undefined) {
      const { text } = documentJson(read.value.updates);
      if (!/^(turn \d of doc-\d+; )+$/.test(String(text))) throw new Error(`${name} says ${String(text)}`);
    }
  }
}
