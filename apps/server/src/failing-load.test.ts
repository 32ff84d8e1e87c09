import { compactInline, type DocumentStore } from '@hearsay/storage';
import { afterEach, expect, test, vi } from 'vitest';
import { memoryStore, systemTime } from './testing/memory-store.ts';
import { Bench, until } from './testing/running-node.ts';

vi.mock('./open-store.ts', () => ({ openStore: openFailing }));

/** Whether documents cannot be read, and how often that was tried. */
const load = { fails: false, failures: 0 };

async function openFailing({ cluster }: { readonly cluster: string }): Promise<DocumentStore> {
  const store = await memoryStore(systemTime, { cluster, compact: compactInline });
  return new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (property !== 'read' || !load.fails) return Reflect.apply(member, target, given);
        load.failures++;
        return Promise.reject(new Error('IO error: 000005.ldb: Input/output error'));
      };
    },
  });
}

const bench = new Bench();

afterEach(async () => {
  load.fails = false;
  await bench.end();
});

test('A197: ten clients that join while a document cannot be read get it once it can, and nothing was begun or stored in its place', async () => {
  const node = await bench.node();
  const author = bench.hocuspocus(node, 'a');
  author.document.getText('text').insert(0, 'kept');
  await until(() => author.isSynced && !author.hasUnsyncedChanges);
  author.destroy();
  const id = { collection: 'default', name: 'a' };
  const { store } = node;
  const standing = async (): Promise<unknown> => [
    await store.feedHead(),
    await store.outboxHead(),
    await store.roots(),
    await store.lookup(id),
    store.status().documents,
  ];
  const before = await standing();
  load.fails = true;
  load.failures = 0;
  const plain = Array.from({ length: 5 }, () => bench.client(node, 'a'));
  const stock = Array.from({ length: 5 }, () => bench.hocuspocus(node, 'a'));
  for (const { provider } of plain) provider.awareness.setLocalStateField('user', 'ann');
  await until(() => load.failures >= 10);
  // None takes an empty document for the whole of it.
  expect(plain.some(({ provider }) => provider.synced) || stock.some(({ isSynced }) => isSynced)).toBe(false);
  expect((await fetch(`${node.httpUrl}/api/documents/default/a`)).ok).toBe(false);
  expect(await standing()).toEqual(before);
  load.fails = false;
  const texts = (): string[] => [
    ...plain.map(({ text }) => text()),
    ...stock.map(({ document }) => document.getText('text').toString()),
  ];
  await until(() => texts().every((text) => text === 'kept'));
  expect(await standing()).toEqual(before);
  // Who was there all the while may write, and all hear it.
  plain[0]?.doc.getText('text').insert(4, ' on');
  await until(() => texts().every((text) => text === 'kept on'));
});
