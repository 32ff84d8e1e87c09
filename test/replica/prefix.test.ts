import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Bench, memoryStorage, namesOf, remove, textOn, write } from './bench.ts';

const bench = new Bench();
afterEach(() => bench.end());

describe('a replica below a prefix', () => {
  test('B23: holds what lies below it, deletions included, as they come and go', async () => {
    const node = await bench.node();
    await write(node, ['a/1', 'a/2', 'a/3', 'b/1', 'a'], 'hello');
    await write(node, ['a/9'], 'elsewhere', 'other');
    await remove(node, 'a/3');
    const replica = await bench.replica(node, { prefix: 'a/', storage: await bench.directory() });
    await replica.whenLive();
    expect(await namesOf(replica)).toEqual(['a/1', 'a/2']);
    // The deleted one is known to be deleted.
    expect(replica.status().documents).toBe(3);
    await write(node, ['a/4', 'b/2'], 'new');
    await remove(node, 'a/1');
    await eventually('changes to come', async () => (await namesOf(replica)).join() === 'a/2,a/4');
    const open = await replica.open('notes', 'a/5');
    open.doc.getText('text').insert(0, 'from here');
    await eventually('an edit to go', async () => (await textOn(node, 'a/5')) === 'from here');
    replica.compare();
    expect(await namesOf(replica)).toEqual(['a/2', 'a/4', 'a/5']);
  });

  test('B23: neither opens nor deletes what lies elsewhere', async () => {
    const node = await bench.node();
    const replica = await bench.replica(node, { prefix: 'a/' });
    for (const [collection, name] of [
      ['notes', 'b/1'],
      ['other', 'a/1'],
    ] as const) {
      await expect(replica.open(collection, name)).rejects.toMatchObject({ code: 'OUTSIDE_INTEREST' });
      await expect(replica.delete(collection, name)).rejects.toMatchObject({ code: 'OUTSIDE_INTEREST' });
    }
  });

  test('B23: many with the same and with other prefixes are each equal to their part', async () => {
    const node = await bench.node();
    const prefixes = ['a/', 'a/', 'b/', 'b/c/', ''];
    await write(node, ['a/1', 'b/1', 'b/c/1', 'b/c/2', 'd'], 'hello');
    const replicas = await Promise.all(prefixes.map((prefix) => bench.replica(node, { prefix })));
    await Promise.all(replicas.map((replica) => replica.whenLive()));
    for (const [at, replica] of replicas.entries()) {
      const open = await replica.open('notes', `${prefixes[at]}by ${at}`);
      open.doc.getText('text').insert(0, 'x');
    }
    const all = (await node.store.list('notes', '', 100)).length;
    await eventually('all edits on the node', async () => {
      return (await node.store.list('notes', '', 100)).length === all + prefixes.length;
    });
    const names = (await node.store.list('notes', '', 100)).map(({ name }) => name);
    for (const [at, replica] of replicas.entries()) {
      const expected = names.filter((name) => name.startsWith(prefixes[at] ?? ''));
      await eventually(`replica ${at}`, async () => (await namesOf(replica)).join() === expected.join());
    }
  });

  test('B28: a storage may be given more, and is not taken for less', async () => {
    const node = await bench.node();
    await write(node, ['a/1', 'b/1'], 'hello');
    await write(node, ['c'], 'hello', 'other');
    const storage = memoryStorage();
    const small = await bench.replica(node, { prefix: 'a/', storage });
    await small.whenLive();
    await small.close();
    const large = await bench.replica(node, { collections: ['notes', 'other'], storage });
    await large.whenLive();
    expect([await namesOf(large), await namesOf(large, 'other')]).toEqual([['a/1', 'b/1'], ['c']]);
    await large.close();
    for (const narrower of [{ prefix: 'a/' }, { collections: ['other'] }]) {
      await expect(bench.replica(node, { ...narrower, storage })).rejects.toMatchObject({
        code: 'INTEREST_NARROWED',
      });
    }
  });
});
