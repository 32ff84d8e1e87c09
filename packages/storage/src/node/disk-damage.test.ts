import { cp, readFile, writeFile } from 'node:fs/promises';
import { documentKey } from '@hearsay/core';
import { documentJson } from '@hearsay/document';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import { isUnreadable } from '../document-records.ts';
import type { DocumentStore } from '../store-types.ts';
import { createAuthor } from '../testing/author.ts';
import { databaseFiles, isOnDisk, nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { idOf, local, memoryOptions, opened, peerId } from '../testing/stores.ts';
import { type NodeStoreOptions, openNodeStore } from './open-node-store.ts';

const names = Array.from({ length: 30 }, (_, at) => `doc-${at}`);

/** A closed store on disk and an equal one in memory. */
async function twins(directory: string): Promise<{ options: NodeStoreOptions; copy: DocumentStore }> {
  const options = nodeOptions(directory);
  const [store, copy] = [await openedNode(options), await opened(memoryOptions())];
  const authors = names.map((_, at) => createAuthor(at + 1));
  for (let turn = 0; turn < 4; turn++) {
    for (const [at, name] of names.entries()) {
      const update = authors[at]?.type(`turn ${turn} of ${name}; `) ?? new Uint8Array(0);
      unwrap(await store.submit(idOf(name), update, local));
      unwrap(await copy.submit(idOf(name), update, local));
    }
    await store.roots();
  }
  expect(await store.roots()).toEqual(await copy.roots());
  await store.close();
  return { options, copy };
}

/** Repairs as peers do in the end, document by document, until both are equal. */
async function heal(store: DocumentStore, copy: DocumentStore): Promise<void> {
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

/** Everything served is right, whatever was done to the files: whole, or refused as damaged, or not there. */
async function expectNoLies(store: DocumentStore): Promise<void> {
  for (const name of names) {
    const read = await store.read(idOf(name));
    if (!read.ok) {
      expect(read.error.code).toBe('DOCUMENT_DAMAGED');
    } else if (read.value !== undefined) {
      const { text } = documentJson(read.value.updates);
      expect(text).toMatch(/^(turn \d of doc-\d+; )+$/);
    }
  }
}

type Outcome = 'refused' | 'unreadable' | 'healed' | 'unharmed';

/** Flips one bit of a file, in a copy of the directory, and lives on with that. */
async function liveWithFlip(
  options: NodeStoreOptions,
  path: string,
  place: number,
  copy: DocumentStore,
): Promise<Outcome> {
  const flipped = await readFile(path);
  const at = Math.floor(flipped.byteLength * place);
  flipped[at] = (flipped[at] ?? 0) ^ 16;
  const directory = `${options.directory}-${at}`;
  await cp(options.directory, directory, { recursive: true });
  await writeFile(path.replace(options.directory, directory), flipped);
  const store = await openNodeStore({ ...options, directory });
  if (!store.ok) {
    expect(['STORE_SHRUNK', 'STORE_EMPTY', 'STORE_MISMATCH', 'STORE_CORRUPT']).toContain(store.error.code);
    return 'refused';
  }
  await expectNoLies(store.value);
  try {
    await heal(store.value, copy);
  } catch (error) {
    // A damaged key ends all iterators that come past it: such a store is to be built anew from its peers.
    if (!isUnreadable(error)) throw error;
    await expectNoLies(store.value);
    await store.value.close();
    return 'unreadable';
  }
  expect(await store.value.roots()).toEqual(await copy.roots());
  expect(store.value.damaged()).toEqual([]);
  const { documentsDamaged, recordsDamaged, indexRebuilds, scrubRepairs, logHoles } =
    store.value.status().counters;
  await store.value.close();
  const noticed = documentsDamaged + recordsDamaged + indexRebuilds + scrubRepairs + logHoles;
  return noticed > 0 ? 'healed' : 'unharmed';
}

async function outcomesOfFlips(
  options: NodeStoreOptions,
  path: string | undefined,
  copy: DocumentStore,
): Promise<Readonly<Record<Outcome, number>>> {
  if (path === undefined) throw new Error('no file');
  const outcomes: Record<Outcome, number> = { refused: 0, unreadable: 0, healed: 0, unharmed: 0 };
  for (let place = 0.025; place < 1; place += 0.05) {
    outcomes[await liveWithFlip(options, path, place, copy)]++;
  }
  return outcomes;
}

describe('disk damage', () => {
  it('S19: a bit flipped anywhere in the log: nothing wrong is served, and peers heal it', async () => {
    await withDirectory(async (directory) => {
      const { options, copy } = await twins(directory);
      const [path] = await databaseFiles(options, '.log');
      const outcomes = await outcomesOfFlips(options, path, copy);
      expect(outcomes.unreadable).toBe(0);
      // A lost batch may have held nothing but what later ones wrote again.
      expect(outcomes.unharmed).toBeLessThan(4);
      expect(outcomes.healed).toBeGreaterThan(5);
    });
  });

  it('S19, S31: a page of zeros in the log: refused, or said how many changes are missing, nothing wrong is served, and peers heal it', async () => {
    await withDirectory(async (directory) => {
      const { options, copy } = await twins(directory);
      const [path] = await databaseFiles(options, '.log');
      if (path === undefined) throw new Error('no log');
      const whole = await readFile(path);
      let opened = 0;
      for (const place of [0.1, 0.3, 0.5, 0.7, 0.9]) {
        const page = Math.floor((whole.byteLength * place) / 4096) * 4096;
        const zeroed = { ...options, directory: `${options.directory}-${page}` };
        await cp(options.directory, zeroed.directory, { recursive: true });
        await writeFile(path.replace(options.directory, zeroed.directory), whole.fill(0, page, page + 4096));
        whole.set(await readFile(path));
        const codes: string[] = [];
        const store = await openNodeStore({ ...zeroed, found: ({ code }) => void codes.push(code) });
        if (!store.ok) {
          expect(['STORE_EMPTY', 'STORE_TAIL_LOST', 'STORE_SHRUNK']).toContain(store.error.code);
          continue;
        }
        opened++;
        await expectNoLies(store.value);
        expect(codes).toEqual(expect.arrayContaining(['LOG_HOLE', 'CHANGES_MISSING', 'INDEX_REBUILT']));
        expect(store.value.status().counters.changesMissing).toBeGreaterThan(0);
        await heal(store.value, copy);
        expect(await store.value.roots()).toEqual(await copy.roots());
        await store.value.close();
      }
      expect(opened).toBeGreaterThan(0);
    });
  });

  it('S19: a bit flipped anywhere in a table: nothing wrong is served, and peers heal most of it', async () => {
    await withDirectory(async (directory) => {
      const { options, copy } = await twins(directory);
      const first = await openedNode(options);
      await first.erase();
      await first.close();
      const [path] = await databaseFiles(options, '.ldb');
      const outcomes = await outcomesOfFlips(options, path, copy);
      expect(outcomes.unreadable).toBeLessThan(5);
      expect(outcomes.healed).toBeGreaterThan(5);
    });
  });

  it('S14: what is deleted is gone from the files after erasing', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const store = await openedNode(options);
      const [one, two] = [createAuthor(1), createAuthor(2)];
      unwrap(await store.submit(idOf('gone'), one.type('SECRET-OF-A-DOCUMENT'), local));
      unwrap(await store.submit(idOf('edited'), two.type('SECRET-OF-A-SENTENCE'), local));
      unwrap(await store.submit(idOf('edited'), two.erase(0, 20), local));
      unwrap(await store.submit(idOf('edited'), two.type('PUBLIC'), local));
      expect(await isOnDisk(options, 'SECRET-OF-A-DOCUMENT')).toBe(true);
      expect(await isOnDisk(options, 'SECRET-OF-A-SENTENCE')).toBe(true);
      unwrap(await store.deleteDocument(idOf('gone'), 1, peerId(1)));
      expect(await store.compact(idOf('edited'))).toBe(true);
      await store.erase();
      for (let opening = 0; opening < 2; opening++) {
        expect(await isOnDisk(options, 'SECRET')).toBe(false);
        expect(await isOnDisk(options, 'PUBLIC')).toBe(true);
        if (opening === 0) await store.close();
      }
    });
  });
});
