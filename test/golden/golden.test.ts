import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HearsayProvider } from '@hearsay/client';
import type { DocumentStore } from '@hearsay/storage';
import { openNodeStore, restoreStore, verifyStore } from '@hearsay/storage/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type Expected, expectedOf, release } from './release.ts';

const kept = import.meta.dirname;
const releases = (await readdir(kept, { withFileTypes: true })).filter((entry) => entry.isDirectory());

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-golden-'));
});

afterEach(() => rm(directory, { recursive: true }));

it('V1: something is kept of at least one release', () => {
  expect(releases.map(({ name }) => name)).toContain('0.1.0');
});

describe.each(releases.map(({ name }) => name))('what release %s has written', (name) => {
  it('V1: a store is sound, and holds what it held; it is written to and opened again', async () => {
    const data = await copied(name, 'store');
    const verified = await verifyStore({ ...release, directory: data });
    expect(verified).toMatchObject({
      ok: true,
      value: { damaged: [], derived: { wrong: 0, holes: 0, unreadable: 0 } },
    });
    const expected = await expectedFrom(name);
    for (const edit of ['first', 'second']) {
      const store = await opened(data);
      if (edit === 'first') expect(await expectedOf(store)).toEqual(expected);
      await edited(store, edit);
      await store.close();
    }
    const store = await opened(data);
    const { documents } = await expectedOf(store);
    expect(JSON.stringify(documents[0]?.contents)).toContain('secondfirst');
    expect(documents.slice(1)).toEqual(expected.documents.slice(1));
    await store.close();
  });

  it('V2: a backup is restored as the store that it was made of', async () => {
    const from = await copied(name, 'backup');
    const data = join(directory, 'restored');
    const restored = await restoreStore({ ...release, from, directory: data });
    expect(restored).toMatchObject({ ok: true });
    const store = await opened(data);
    const expected = await expectedFrom(name);
    // Certificates that rested are told by backups, and rest again.
    await store.restCertificates({ isKeptHere: () => true, forgetMs: Number.POSITIVE_INFINITY });
    const { roots, documents } = await expectedOf(store);
    expect(roots).toEqual(expected.roots);
    expect(documents).toEqual(expected.documents);
    await store.close();
  });

  it('V3: the copy of a provider is opened with all edits, and knows that no server has them', async () => {
    const storage = await copied(name, 'copy');
    const doc = new Y.Doc();
    const provider = new HearsayProvider('ws://127.0.0.1:9', 'note', doc, { storage, connect: false });
    await provider.whenLoaded;
    expect(doc.getText('text').toString()).toBe('written offline');
    expect(provider.unsaved).toBe(2);
    await provider.destroy();
  });
});

async function copied(name: string, part: string): Promise<string> {
  const to = join(directory, part);
  await cp(join(kept, name, part), to, { recursive: true });
  return to;
}

async function expectedFrom(name: string): Promise<Expected> {
  return JSON.parse(await readFile(join(kept, name, 'expected.json'), 'utf8')) as Expected;
}

async function opened(data: string): Promise<DocumentStore> {
  const store = await openNodeStore({ ...release, directory: data });
  if (!store.ok) throw new Error(`${store.error.code}: ${store.error.message}`);
  return store.value;
}

/** Writes ahead of all that is in the first document. */
async function edited(store: DocumentStore, words: string): Promise<void> {
  const id = { collection: 'default', name: 'plain' };
  const read = await store.read(id);
  if (!read.ok || read.value === undefined) throw new Error('the first document is not there');
  const doc = new Y.Doc({ guid: '' });
  for (const update of read.value.updates) Y.applyUpdate(doc, update);
  const before = Y.encodeStateVector(doc);
  doc.getText('text').insert(0, words);
  const receipt = await store.submit(id, Y.encodeStateAsUpdate(doc, before), { kind: 'local' });
  expect(receipt.ok).toBe(true);
}
