import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LevelStorage, openReplica, type Replica, type ReplicaOptions } from '@hearsay/client/replica';
import type { DocumentId } from '@hearsay/core';
import { type Config, createHearsay, type HearsayNode } from '@hearsay/server';
import { memorySentinel } from '@hearsay/storage';
import { MemoryLevel } from 'memory-level';
import * as Y from 'yjs';

/** Nodes and replicas of one test, all of them gone at its end. */
export class Bench {
  readonly #endings: (() => unknown)[] = [];

  /** Runs `ending` at the end, last come first served. */
  after(ending: () => unknown): void {
    this.#endings.push(ending);
  }

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'hearsay-replica-'));
    this.#endings.push(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  async node(settings: Partial<Config> = {}): Promise<HearsayNode> {
    const data = settings.data ?? (await this.directory());
    const node = await createHearsay({ port: 0, logLevel: 'silent', ...settings, data });
    this.#endings.push(() => node.stop());
    return node;
  }

  async replica(
    node: Pick<HearsayNode, 'clientUrl'>,
    options: Partial<ReplicaOptions> = {},
  ): Promise<Replica> {
    const replica = await openReplica({
      collections: ['notes'],
      storage: memoryStorage(),
      servers: [node.clientUrl],
      ...options,
    });
    this.#endings.push(() => replica.close());
    return replica;
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending();
  }
}

/** A database in memory that keeps its contents over closing and opening. */
export function memoryStorage(): LevelStorage {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({
    keyEncoding: 'view',
    valueEncoding: 'view',
    storeEncoding: 'view',
  });
  return { openDatabase: () => database, sentinel: memorySentinel() };
}

export function noteId(name: string, collection = 'notes'): DocumentId {
  return { collection, name };
}

/** Writes a text into documents of a node, as a client of it would. */
export async function write(
  node: HearsayNode,
  names: readonly string[],
  text: string,
  collection = 'notes',
): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const doc = new Y.Doc();
      doc.getText('text').insert(0, text);
      const id = noteId(name, collection);
      const { phase, life } = await node.store.lookup(id);
      const next = phase === 'live' ? life : life + 1;
      const stored = await node.store.submit(id, Y.encodeStateAsUpdate(doc), { kind: 'local' }, next);
      if (!stored.ok) throw new Error(stored.error.message);
    }),
  );
}

export async function remove(node: HearsayNode, name: string): Promise<void> {
  const stamp = Date.now() * 4096;
  const removed = await node.store.deleteDocument(noteId(name), stamp, node.store.identity.replicaId);
  if (!removed.ok) throw new Error(removed.error.message);
}

/** What a replica lists. */
export async function namesOf(replica: Replica, collection = 'notes'): Promise<readonly string[]> {
  return (await replica.list(collection, '', 10_000)).map(({ name }) => name);
}

/** What a document says on a node; undefined where there is none. */
export async function textOn(
  node: HearsayNode,
  name: string,
  collection = 'notes',
): Promise<string | undefined> {
  const found = await node.store.read(noteId(name, collection));
  if (!found.ok) throw new Error(found.error.message);
  if (found.value === undefined) return undefined;
  const doc = new Y.Doc();
  for (const update of found.value.updates) Y.applyUpdate(doc, update);
  return doc.getText('text').toString();
}
