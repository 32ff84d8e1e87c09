import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { Bench, memoryStorage, namesOf, textOn, write } from './bench.ts';
import { tapTraffic } from './traffic.ts';

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
      const traffic = await tapTraffic(node.port);
      bench.after(() => traffic.close());
      const options = { prefix, storage: memoryStorage(), servers: [traffic.url] };
      const visit = async (): Promise<void> => {
        traffic.clear();
        const replica = await bench.replica(node, options);
        await replica.whenLive();
        await replica.close();
      };
      await visit();
      await visit();
      expect(traffic.up).toBeLessThanOrEqual(64);
      expect(traffic.down).toBeLessThanOrEqual(64);
      await write(node, names(10, 'p/'), 'changed');
      await write(node, names(50, 'z/'), 'elsewhere', 'other');
      await visit();
      expect(traffic.count('repair.walk')).toBe(0);
      expect(traffic.up).toBeLessThan(10 * 100);
      expect(traffic.down).toBeLessThan(10 * 200);
    },
  );

  test('B24: a first synchronisation that is cut goes on where it was, and tells how far it is', async () => {
    const node = await bench.node();
    await write(node, names(3000), 'x'.repeat(200));
    const proxy = await startTcpProxy(() => node.port);
    const traffic = await tapTraffic(proxy.port);
    bench.after(() => Promise.all([traffic.close(), proxy.close()]));
    const replica = await bench.replica(node, { servers: [traffic.url] });
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
    traffic.clear();
    proxy.heal();
    await replica.whenLive();
    expect(replica.status().documents).toBe(3000);
    expect(traffic.bytes('documents.differences')).toBeLessThan((3000 - had) * 300);
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });
});
