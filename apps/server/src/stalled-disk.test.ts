import { compactInline, type DocumentStore } from '@hearsay/storage';
import { afterEach, expect, test, vi } from 'vitest';
import { memoryDatabase, memoryStore, systemTime } from './testing/memory-store.ts';
import { Bench, closeCode, until } from './testing/running-node.ts';

/** A disk that answers no batch, or refuses all, with an error of its own. */
const disk = { hangs: false, fails: null as string | null, waiting: [] as (() => void)[], stallMs: 20 };

vi.mock('./open-store.ts', () => ({ openStore: openHanging }));

async function openHanging({ cluster }: { readonly cluster: string }): Promise<DocumentStore> {
  const hanging = withHook(memoryDatabase(), 'batch', (batch) =>
    withHook(batch, 'write', undefined, answered),
  );
  return memoryStore(systemTime, {
    openDatabase: () => hanging,
    cluster,
    compact: compactInline,
    tunables: { stallMs: disk.stallMs },
    hasRoom: async () => disk.fails === null,
  });
}

async function answered(): Promise<void> {
  if (disk.fails !== null) throw new Error(disk.fails);
  if (disk.hangs) await new Promise<void>((resolve) => disk.waiting.push(resolve));
}

/** An object of which one method waits before it is called, or gives something else. */
function withHook<T extends object>(
  object: T,
  method: string,
  change: (result: object) => object = (result) => result,
  before?: () => Promise<void>,
): T {
  return new Proxy(object, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      if (property !== method) return member.bind(target);
      const call = (parameters: unknown[]): object => change(Reflect.apply(member, target, parameters));
      return before === undefined
        ? (...parameters: unknown[]) => call(parameters)
        : async (...parameters: unknown[]) => {
            await before();
            return call(parameters);
          };
    },
  });
}

const bench = new Bench();

afterEach(async () => {
  Object.assign(disk, { hangs: false, fails: null, stallMs: 20 });
  for (const answer of disk.waiting.splice(0)) answer();
  await bench.end();
});

test('A145: a node whose disk hangs is not ready and says why; who writes is sent away for a while, and all goes on by itself', async () => {
  const node = await bench.node();
  const readiness = async (): Promise<unknown> => (await fetch(`${node.httpUrl}/readyz`)).json();
  const { doc, text } = bench.client(node, 'a');
  doc.getText('text').insert(0, 'kept');
  const url = `${node.httpUrl}/api/documents/default/a`;
  await until(async () => (await fetch(url)).ok);
  const writer = await bench.socket(node, '/a');
  const closed = closeCode(writer);
  disk.hangs = true;
  doc.getText('text').insert(4, ' and more');
  await until(() => disk.waiting.length > 0);
  // Its first edit, of client 7.
  writer.send(Uint8Array.of(0, 2, 14, 1, 1, 7, 0, 4, 1, 4, 116, 101, 120, 116, 1, 120, 0));
  await until(async () => (await fetch(`${node.httpUrl}/readyz`)).status === 503);
  expect(await readiness()).toMatchObject({ ready: false, reason: 'DISK_STALLED' });
  expect((await fetch(`${node.httpUrl}/healthz`)).status).toBe(200);
  expect(await closed).toBe(4513);
  expect(await (await fetch(url)).json()).toMatchObject({ content: { text: 'kept' } });
  const refused = await node
    .openDocument('default', 'b')
    .then((document) =>
      document
        .transact((draft) => draft.getText('text').insert(0, 'b'))
        .catch((error: { code: string }) => error.code),
    );
  expect(refused).toBe('NOT_STORED');
  disk.hangs = false;
  for (const answer of disk.waiting.splice(0)) answer();
  await until(async () => (await fetch(`${node.httpUrl}/readyz`)).ok);
  await until(async () => JSON.stringify(await (await fetch(url)).json()).includes('kept and more'));
  expect(text()).toContain('kept and more');
  expect(bench.logged).toContain('"code":"DISK_STALLED"');
});

test('A146: a node whose disk fails is not ready while it recovers, acknowledges nothing, and goes on by itself', async () => {
  const node = await bench.node();
  const { doc } = bench.client(node, 'a');
  doc.getText('text').insert(0, 'kept');
  const url = `${node.httpUrl}/api/documents/default/a`;
  await until(async () => (await fetch(url)).ok);
  const witness = bench.client(node, 'a');
  await until(() => witness.text() === 'kept');
  disk.fails = 'IO error: 000003.log: Input/output error';
  doc.getText('text').insert(4, ' and more');
  await until(async () => (await fetch(`${node.httpUrl}/readyz`)).status === 503);
  expect(await (await fetch(`${node.httpUrl}/readyz`)).json()).toMatchObject({
    ready: false,
    reason: 'STORE_UNAVAILABLE',
  });
  expect(witness.text()).toBe('kept');
  disk.fails = null;
  await until(() => witness.text() === 'kept and more');
  expect((await fetch(`${node.httpUrl}/readyz`)).status).toBe(200);
});

test('A194: on a slow disk acknowledgements wait for it, and nobody else does', async () => {
  disk.stallMs = 60_000;
  const node = await bench.node();
  const writer = bench.hocuspocus(node, 'a');
  const text = writer.document.getText('text');
  text.insert(0, 'kept');
  const witness = bench.client(node, 'a');
  await until(() => !writer.hasUnsyncedChanges && witness.text() === 'kept');
  disk.hangs = true;
  text.insert(4, ' and more');
  await until(() => disk.waiting.length > 0);
  // Who reads, who joins, and who writes to no disk is served meanwhile.
  const url = `${node.httpUrl}/api/documents/default/a`;
  expect(await (await fetch(url)).json()).toMatchObject({ content: { text: 'kept' } });
  const late = bench.client(node, 'a');
  const other = bench.hocuspocus(node, 'never written');
  await until(() => late.provider.synced && late.text() === 'kept' && other.isSynced);
  witness.provider.awareness.setLocalStateField('user', 'ann');
  await until(() => [...late.provider.awareness.getStates().values()].some(({ user }) => user === 'ann'));
  expect((await fetch(`${node.httpUrl}/readyz`)).status).toBe(200);
  expect([writer.hasUnsyncedChanges, witness.text(), late.text()]).toEqual([true, 'kept', 'kept']);
  disk.hangs = false;
  for (const answer of disk.waiting.splice(0)) answer();
  await until(() => !writer.hasUnsyncedChanges && witness.text() === 'kept and more');
  await until(() => late.text() === 'kept and more');
});

test('A195: a node whose directory becomes read-only says so, acknowledges nothing, serves reads, and goes on by itself', async () => {
  const node = await bench.node();
  const writer = bench.hocuspocus(node, 'a');
  const text = writer.document.getText('text');
  text.insert(0, 'kept');
  const witness = bench.client(node, 'a');
  await until(() => !writer.hasUnsyncedChanges && witness.text() === 'kept');
  disk.fails = 'IO error: db/000003.log: Read-only file system';
  text.insert(4, ' and more');
  const readyz = (): Promise<Response> => fetch(`${node.httpUrl}/readyz`);
  await until(async () => (await readyz()).status === 503);
  expect(await (await readyz()).json()).toMatchObject({ ready: false, reason: 'DIRECTORY_UNWRITABLE' });
  const url = `${node.httpUrl}/api/documents/default/a`;
  expect(await (await fetch(url)).json()).toMatchObject({ content: { text: 'kept' } });
  const late = bench.client(node, 'a');
  await until(() => late.text() === 'kept');
  expect([writer.hasUnsyncedChanges, witness.text()]).toEqual([true, 'kept']);
  expect(bench.logged).toContain('"code":"DIRECTORY_UNWRITABLE"');
  disk.fails = null;
  await until(async () => (await readyz()).ok);
  await until(() => !writer.hasUnsyncedChanges && witness.text() === 'kept and more');
});
