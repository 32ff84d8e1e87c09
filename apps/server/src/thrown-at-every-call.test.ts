import { ok, utf8Encode } from '@hearsay/core';
import {
  type Compaction,
  compactUpdates,
  documentJson,
  encodeVersion,
  mergeUpdates,
  versionDigest,
} from '@hearsay/document';
import type { CompactPort, DocumentStore } from '@hearsay/storage';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import type { HearsayHooks } from './embedded/hooks.ts';
import { memoryStore, systemTime } from './testing/memory-store.ts';
import { RawClient } from './testing/raw-client.ts';
import { Bench } from './testing/running-node.ts';
import { type Sabotage, Saboteur } from './testing/saboteur.ts';
import type { CompactedLog } from './workers/document-worker.ts';
import type { DocumentWorkers } from './workers/document-workers.ts';

/** The saboteur of each node, by its data directory, and its store as it is without one. */
const saboteurs = new Map<string, Saboteur>();
const stores = new Map<string, DocumentStore>();

vi.mock('./open-store.ts', () => ({ openStore: openSabotaged }));
vi.mock('./workers/document-workers.ts', () => ({
  documentWorkerDefaults: {},
  createDocumentWorkers: () => {
    newWorkers = { saboteur: undefined };
    return inlineWorkers(newWorkers);
  },
}));

/** The workers of the node that is being put together: it opens its store in the same turn. */
let newWorkers: { saboteur: Saboteur | undefined } = { saboteur: undefined };

function inlineWorkers(owner: { readonly saboteur: Saboteur | undefined }): DocumentWorkers {
  const call = <T>(name: string, run: () => T | Promise<T>): Promise<T> =>
    owner.saboteur?.call(`workers.${name}`, async () => run()) ?? Promise.reject(new Error('no saboteur'));
  return {
    json: (_key, updates) => call('json', () => ok(utf8Encode(JSON.stringify(documentJson(updates))))),
    compact: (_key, updates) => call('compact', () => ok(encoded(compactUpdates(updates)))),
    state: (_key, updates) => call('state', () => ok(mergeUpdates(updates))),
    close: async () => {},
  };
}

function encoded({ version, ...compacted }: Compaction): CompactedLog {
  return { ...compacted, version: { bytes: encodeVersion(version), digest: versionDigest(version, 0) } };
}

async function openSabotaged(
  { data, cluster }: { readonly data: string; readonly cluster: string },
  compact: CompactPort,
): Promise<DocumentStore> {
  const saboteur = saboteurs.get(data);
  if (saboteur === undefined) throw new Error('no saboteur');
  newWorkers.saboteur = saboteur;
  const store = await memoryStore(systemTime, { cluster, compact, tunables: { compactTailUpdates: 2 } });
  stores.set(data, store);
  return saboteur.wrap('store', store, storeCalls);
}

const storeCalls: readonly (keyof DocumentStore)[] = [
  ...(['submit', 'deleteDocument', 'kept', 'undelete', 'read', 'lookup', 'identify', 'indexed'] as const),
  ...(['list', 'collections', 'compact', 'roots', 'feedHead', 'recent', 'digests', 'describe'] as const),
  ...(['difference', 'receive', 'outboxHead', 'outbox', 'mailCursor', 'readState', 'writeState'] as const),
];

const bench = new Bench();
afterEach(() => bench.end());

/** A client's whole document so far, as one update each time. */
class Writer {
  readonly #doc = new Y.Doc();
  readonly #name: string;
  failures = 0;
  /** Updates that were said to be synced. */
  acknowledged = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get text(): string {
    return this.#doc.getText('text').toString();
  }

  /** Writes a few edits over one connection, and comes back until all are acknowledged. */
  async run(url: { readonly clientUrl: string }, check: (name: string, text: string) => Promise<void>) {
    for (let rest = 4; rest > 0; ) {
      const client = await RawClient.open(url, this.#name);
      const isServed = (await client.state()) !== undefined;
      if (!isServed) this.failures++;
      while (isServed && rest > 0) {
        this.#doc.getText('text').insert(0, `${this.#name}${rest};`);
        if (!(await client.write(Y.encodeStateAsUpdate(this.#doc)))) {
          this.failures++;
          break;
        }
        await check(this.#name, this.text);
        rest--;
        client.want();
      }
      client.close();
      if (this.failures > 3) throw new Error(`${this.#name} fails over and over`);
    }
  }
}

async function textOf(store: DocumentStore, name: string): Promise<string> {
  const read = await store.read({ collection: 'default', name });
  if (!read.ok) throw new Error(read.error.message);
  const doc = new Y.Doc();
  for (const update of read.value?.updates ?? []) Y.applyUpdate(doc, update);
  return doc.getText('text').toString();
}

/** One session in which the call of that number throws; what was struck, if it came to that. */
async function session(at: number, sabotage: Sabotage, isHooked: boolean): Promise<string | undefined> {
  const saboteur = new Saboteur(sabotage);
  const data = `${await bench.directory()}`;
  saboteurs.set(data, saboteur);
  const everything = { read: true, write: true, presence: true };
  const hooks: HearsayHooks = {
    authorise: () => saboteur.call('authorise', async () => everything),
    beforeUpdate: () => saboteur.call('beforeUpdate', async () => undefined),
  };
  const node = await bench.node({ data, undeleteWindow: 0, ...(isHooked && hooks) });
  const store = stores.get(data);
  if (store === undefined) throw new Error('no store');
  saboteur.begin(at);
  const check = async (name: string, text: string): Promise<void> => {
    expect(await textOf(store, name), `${at}: acknowledged, and not there`).toContain(text);
  };
  const [alice, bob] = [new Writer('alice'), new Writer('bob')];
  await Promise.all([alice.run(node, check), bob.run(node, check)]);
  let requestsFailed = 0;
  for (const path of [
    '/api/documents/default/alice',
    '/api/collections',
    '/api/documents?collection=default',
  ]) {
    const answer = await fetch(`${node.httpUrl}${path}`);
    if (answer.status >= 500) requestsFailed++;
    await answer.arrayBuffer();
  }
  expect(alice.failures + bob.failures + requestsFailed, `${at}: ${saboteur.struck}`).toBeLessThanOrEqual(1);
  saboteur.begin(0);
  const carol = await RawClient.open(node, 'bob');
  const seen = new Y.Doc();
  Y.applyUpdate(seen, (await carol.state()) ?? new Uint8Array());
  expect(seen.getText('text').toString()).toBe(bob.text);
  expect(await carol.write(Y.encodeStateAsUpdate(seen))).toBe(true);
  carol.close();
  expect((await fetch(`${node.httpUrl}/readyz`)).status).toBe(200);
  await node.stop();
  return saboteur.struck;
}

describe('an unexpected error at every call of the store, the workers and the application', () => {
  test.each([
    ['before', 'with hooks', true],
    ['after', 'with hooks', true],
    ['before', 'without', false],
  ] as const)(
    'A100: thrown %s it is done, %s, it costs one connection or request, and nothing that is acknowledged',
    async (sabotage, _, isHooked) => {
      const unhandled: unknown[] = [];
      const note = (error: unknown): void => void unhandled.push(error);
      process.on('unhandledRejection', note);
      const struck: (string | undefined)[] = [];
      while (!struck.includes(undefined)) {
        const batch = Array.from({ length: 8 }, (_, index) => struck.length + 1 + index);
        struck.push(...(await Promise.all(batch.map((at) => session(at, sabotage, isHooked)))));
      }
      process.off('unhandledRejection', note);
      expect(unhandled).toEqual([]);
      expect(new Set(struck)).toEqual(
        new Set([
          ...struck,
          'store.submit',
          'store.read',
          'store.lookup',
          'workers.compact',
          'store.outboxHead',
        ]),
      );
    },
    120_000,
  );
});
