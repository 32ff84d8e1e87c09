import type { LevelStorage, ReplicaReset } from '@hearsay/client/replica';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { Bench, memoryStorage, namesOf, remove, textOn, write } from './bench.ts';

const bench = new Bench();
afterEach(() => bench.end());

async function cutOff(): Promise<{
  node: Awaited<ReturnType<Bench['node']>>;
  proxy: TcpProxy;
  server: string;
}> {
  const node = await bench.node();
  const proxy = await startTcpProxy(() => node.port);
  bench.after(() => proxy.close());
  return { node, proxy, server: `ws://127.0.0.1:${proxy.port}` };
}

function textOf(update: Uint8Array): string {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc.getText('text').toString();
}

describe('a document deleted elsewhere', () => {
  test.each(['open', 'closed', 'reopened'])(
    'B25: with edits that were not sent (%s) is kept aside, told, and gone',
    async (how) => {
      const { node, proxy, server } = await cutOff();
      await write(node, ['a', 'untouched'], 'hello');
      const options = { storage: memoryStorage(), servers: [server] };
      let replica = await bench.replica(node, options);
      await replica.whenLive();
      proxy.cut();
      const open = await replica.open('notes', 'a');
      open.doc.getText('text').insert(5, ' from here');
      await open.whenStored();
      if (how !== 'open') await open.close();
      if (how === 'reopened') {
        await replica.close();
        replica = await bench.replica(node, options);
      }
      const resets: ReplicaReset[] = [];
      replica.on('reset', (reset) => resets.push(reset));
      await remove(node, 'a');
      await remove(node, 'untouched');
      proxy.heal();
      await replica.whenLive();
      expect(await namesOf(replica)).toEqual([]);
      expect(await textOn(node, 'a')).toBeUndefined();
      expect(resets).toMatchObject([{ id: { name: 'a' }, life: 1, copy: { life: 1 } }]);
      const copies = await replica.copiesAside();
      expect(copies.map(({ update }) => textOf(update))).toEqual(['hello from here']);
      if (how === 'open') {
        expect(open.state).toBe('reset');
        expect(open.doc.getText('text').toString()).toBe('hello from here');
      }
      for (const copy of copies) await replica.discard(copy);
      expect(await replica.copiesAside()).toEqual([]);
      expect(replica.status().unsent).toBe(0);
    },
  );

  test('B25: and begun anew is not merged with what was here', async () => {
    const { node, proxy, server } = await cutOff();
    await write(node, ['a'], 'old');
    const replica = await bench.replica(node, { servers: [server] });
    await replica.whenLive();
    proxy.cut();
    const open = await replica.open('notes', 'a');
    open.doc.getText('text').insert(0, 'offline ');
    await open.whenStored();
    await remove(node, 'a');
    await write(node, ['a'], 'new');
    proxy.heal();
    await replica.whenLive();
    expect(open.state).toBe('reset');
    await open.close();
    const again = await replica.open('notes', 'a');
    expect(again.doc.getText('text').toString()).toBe('new');
    expect(await textOn(node, 'a')).toBe('new');
    expect((await replica.copiesAside()).map(({ update }) => textOf(update))).toEqual(['offline old']);
  });

  test('B25: with nothing unsent is told to who has it open, and nothing kept aside', async () => {
    const node = await bench.node();
    await write(node, ['a'], 'hello');
    const replica = await bench.replica(node);
    await replica.whenLive();
    const open = await replica.open('notes', 'a');
    const resets: ReplicaReset[] = [];
    replica.on('reset', (reset) => resets.push(reset));
    await remove(node, 'a');
    await eventually('the reset', () => resets.length > 0);
    expect(resets).toEqual([{ id: { collection: 'notes', name: 'a' }, life: 1, copy: null }]);
    expect(open.state).toBe('reset');
    open.doc.getText('text').insert(0, 'too late');
    await open.whenStored();
    await expect(replica.open('notes', 'a')).rejects.toMatchObject({ code: 'DOCUMENT_DELETED' });
    const anew = await replica.open('notes', 'a', { anew: true });
    anew.doc.getText('text').insert(0, 'next life');
    await eventually('the next life on the node', async () => (await textOn(node, 'a')) === 'next life');
  });

  test('B25: deleting here deletes everywhere', async () => {
    const node = await bench.node();
    await write(node, ['a', 'b'], 'hello');
    const replica = await bench.replica(node);
    await replica.whenLive();
    expect(await replica.delete('notes', 'a')).toBe(true);
    expect(await replica.delete('notes', 'never')).toBe(false);
    await eventually('it to be gone there', async () => (await textOn(node, 'a')) === undefined);
    expect(await textOn(node, 'b')).toBe('hello');
  });
});

/** What a storage holds at this moment, in another one. */
async function copyOf({ openDatabase, sentinel }: LevelStorage): Promise<LevelStorage> {
  const copy = memoryStorage();
  const record = await sentinel.read();
  if (record !== undefined) await copy.sentinel.write(record);
  const [from, to] = [openDatabase({ create: false }), copy.openDatabase({ create: true })];
  await from.open();
  await to.open();
  for (const [key, value] of await from.iterator().all()) await to.put(key, value);
  await to.close();
  return copy;
}

describe('a replica that goes on from an older copy of its storage', () => {
  test('B34: gets what it has lost, loses nothing that was acknowledged, doubles nothing, and writes on', async () => {
    const node = await bench.node();
    const storage = memoryStorage();
    const first = await bench.replica(node, { storage });
    await first.whenLive();
    const early = await first.open('notes', 'a');
    early.doc.getText('text').insert(0, 'early ');
    await early.whenStored();
    await eventually('it on the node', async () => (await textOn(node, 'a')) === 'early ');
    await first.close();
    const old = await copyOf(storage);
    const second = await bench.replica(node, { storage });
    await second.whenLive();
    const late = await second.open('notes', 'a');
    late.doc.getText('text').insert(6, 'late ');
    const other = await second.open('notes', 'b');
    other.doc.getText('text').insert(0, 'begun later');
    await eventually('both on the node', async () => (await textOn(node, 'a')) === 'early late ');
    await eventually('the other too', async () => (await textOn(node, 'b')) === 'begun later');
    await second.close();
    await remove(node, 'b');
    const back = await bench.replica(node, { storage: old });
    // Before it has heard of anything.
    const open = await back.open('notes', 'a');
    open.doc.getText('text').insert(0, 'back ');
    await back.whenLive();
    await eventually('all on the node', async () => (await textOn(node, 'a')) === 'back early late ');
    await eventually('all here', () => open.doc.getText('text').toString() === 'back early late ');
    expect(await namesOf(back)).toEqual(['a']);
    expect(await textOn(node, 'b')).toBeUndefined();
    open.doc.getText('text').insert(0, 'on ');
    await eventually('the next edit', async () => (await textOn(node, 'a')) === 'on back early late ');
    expect(await back.copiesAside()).toEqual([]);
  });
});
