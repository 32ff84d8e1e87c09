import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Bench, textOn, write } from './bench.ts';

const bench = new Bench();
afterEach(() => bench.end());

describe('a replica', () => {
  test('B20: fills itself from a node; what is written on either side appears on the other', async () => {
    const node = await bench.node();
    await write(node, ['a', 'b', 'c'], 'hello');
    await write(node, ['secret'], 'not for it', 'other');
    const replica = await bench.replica(node);
    await replica.whenLive();
    expect((await replica.list('notes', '', 10)).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const open = await replica.open('notes', 'a');
    expect(open.doc.getText('text').toString()).toBe('hello');
    open.doc.getText('text').insert(5, ' world');
    await open.whenStored();
    await eventually('the edit on the node', async () => (await textOn(node, 'a')) === 'hello world');
    await write(node, ['d'], 'new');
    await eventually('a new document here', async () => (await replica.list('notes', '', 10)).length === 4);
    expect(replica.status()).toMatchObject({ state: 'live', unsent: 0, mayWrite: true });
  });
});
