import { afterEach, describe, expect, test } from 'vitest';
import { startWireTap, type TappedMessage } from '../cluster/wire-tap.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { Bench, memoryStorage, namesOf, textOn, write } from './bench.ts';

const bench = new Bench();
afterEach(() => bench.end());

const names = (count: number, prefix = ''): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(5, '0')}`);

describe('a replica', () => {
  test('B20: fills itself from a node; what is written on either side appears on the other', async () => {
    const node = await bench.node();
    await write(node, ['a', 'b', 'c'], 'hello');
    await write(node, ['secret'], 'not for it', 'other');
    const replica = await bench.replica(node);
    await replica.whenLive();
    expect(await namesOf(replica)).toEqual(['a', 'b', 'c']);
    const open = await replica.open('notes', 'a');
    expect(open.doc.getText('text').toString()).toBe('hello');
    open.doc.getText('text').insert(5, ' world');
    await open.whenStored();
    await eventually('the edit on the node', async () => (await textOn(node, 'a')) === 'hello world');
    await write(node, ['d'], 'new');
    await eventually('a new document here', async () => (await namesOf(replica)).length === 4);
    await eventually('the edit to be acknowledged', () => replica.status().unsent === 0);
    expect(replica.status()).toMatchObject({ state: 'live', mayWrite: true });
  });

  test('B20: an open document shows what others write, as they write it', async () => {
    const node = await bench.node();
    const [one, two] = [await bench.replica(node), await bench.replica(node)];
    await Promise.all([one.whenLive(), two.whenLive()]);
    const [mine, theirs] = [await one.open('notes', 'shared'), await two.open('notes', 'shared')];
    for (let round = 0; round < 5; round++) {
      mine.doc.getText('text').insert(0, 'm');
      theirs.doc.getText('text').insert(0, 't');
    }
    const texts = () => [mine, theirs].map(({ doc }) => doc.getText('text').toString());
    await eventually('both to see all', () => texts().every((text) => text.length === 10));
    expect(texts()[0]).toBe(texts()[1]);
  });

  test('B21: edits are durable here first, survive closing and opening offline, and reach the cluster later', async () => {
    const node = await bench.node();
    await write(node, ['a'], 'hello');
    const proxy = await startTcpProxy(() => node.port);
    bench.after(() => proxy.close());
    const options = { storage: await bench.directory(), servers: [`ws://127.0.0.1:${proxy.port}`] };
    const first = await bench.replica(node, options);
    await first.whenLive();
    proxy.cut();
    for (const name of ['a', 'b']) {
      const open = await first.open('notes', name);
      for (let edit = 0; edit < 20; edit++) open.doc.getText('text').insert(0, '.');
      await open.close();
    }
    expect(first.status().unsent).toBe(2);
    await first.close();
    const second = await bench.replica(node, options);
    expect(second.status()).toMatchObject({ unsent: 2 });
    const open = await second.open('notes', 'a');
    expect(open.doc.getText('text').toString()).toBe(`${'.'.repeat(20)}hello`);
    proxy.heal();
    await second.whenLive();
    await eventually('the edits to be acknowledged', () => second.status().unsent === 0);
    expect(await textOn(node, 'a')).toBe(`${'.'.repeat(20)}hello`);
    expect(await textOn(node, 'b')).toBe('.'.repeat(20));
  });

  test.each(['', 'p/'])(
    'B22: a restart costs at most 64 bytes each way, with ten documents changed those alone (prefix "%s")',
    async (prefix) => {
      const node = await bench.node();
      await write(node, names(500, 'p/'), 'hello');
      await write(node, names(100, 'q/'), 'other');
      const messages: TappedMessage[] = [];
      const tap = await startWireTap(node.port, 'left', (message) => messages.push(message));
      bench.after(() => tap.close());
      const options = { prefix, storage: memoryStorage(), servers: [`ws://127.0.0.1:${tap.port}`] };
      const visit = async (): Promise<{ up: number; down: number; types: readonly string[] }> => {
        messages.length = 0;
        const replica = await bench.replica(node, options);
        await replica.whenLive();
        await replica.close();
        const said = messages.filter(({ type }) => !type.startsWith('handshake.'));
        const sum = (from: string): number =>
          said.reduce((bytes, message) => bytes + (message.from === from ? message.bytes : 0), 0);
        return { up: sum('right'), down: sum('left'), types: said.map(({ type }) => type) };
      };
      await visit();
      const nothing = await visit();
      expect(nothing.up).toBeLessThanOrEqual(64);
      expect(nothing.down).toBeLessThanOrEqual(64);
      await write(node, names(10, 'p/'), 'changed');
      await write(node, names(50, 'z/'), 'elsewhere', 'other');
      const ten = await visit();
      expect(ten.types).not.toContain('repair.walk');
      expect(ten.up).toBeLessThan(10 * 100);
      expect(ten.down).toBeLessThan(10 * 200);
    },
  );

  test('B24: a first synchronisation that is cut goes on where it was, and tells how far it is', async () => {
    const node = await bench.node();
    await write(node, names(3000), 'x'.repeat(200));
    const proxy = await startTcpProxy(() => node.port);
    const messages: TappedMessage[] = [];
    const tap = await startWireTap(proxy.port, 'left', (message) => messages.push(message));
    bench.after(() => Promise.all([tap.close(), proxy.close()]));
    const replica = await bench.replica(node, { servers: [`ws://127.0.0.1:${tap.port}`] });
    const told: number[] = [];
    replica.on('progress', ({ documents, of }) => {
      expect(of).toBe(3000);
      told.push(documents);
    });
    await eventually('a part to be here', () => replica.status().documents >= 300);
    proxy.cut();
    await eventually('the cut to be noticed', () => replica.status().state !== 'catching-up');
    const had = replica.status().documents;
    expect(had).toBeLessThan(3000);
    messages.length = 0;
    proxy.heal();
    await replica.whenLive();
    expect(replica.status().documents).toBe(3000);
    const got = messages.filter(({ type }) => type === 'documents.differences');
    const bytes = got.reduce((sum, message) => sum + message.bytes, 0);
    expect(bytes).toBeLessThan((3000 - had) * 300);
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });
});
