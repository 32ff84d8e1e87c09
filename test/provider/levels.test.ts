import type { HearsayNode, NodeStatus } from '@hearsay/server';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ProviderBench, savedText, untilState, untilText } from './bench.ts';

const bench = new ProviderBench();

afterEach(() => bench.end());

const secret = '5f0c7ab1e99d42c6b83a1740d2ce96fb';

async function linkedPeers(node: HearsayNode): Promise<number> {
  const status = (await (await fetch(`${node.httpUrl}/api/status`)).json()) as NodeStatus;
  return status.gossip.peers.filter(({ linked }) => linked).length;
}

describe('levels', () => {
  test('O14: saved on two nodes, and in every region, means just that', async () => {
    const first = await bench.node({ secret, cluster: 'home', region: 'here' });
    const a = bench.client(first.clientUrl);
    a.text.insert(0, 'one;');
    await a.provider.whenSaved();
    const reached: string[] = [];
    const two = a.provider.whenSaved({ level: 2 }).then(() => reached.push('two'));
    const regions = a.provider.whenSaved({ level: 'regions' });
    await regions; // there is one
    expect(reached).toEqual([]);
    const second = await bench.node({ secret, cluster: 'home', region: 'here', join: [first.peerUrl] });
    await two;
    expect(await savedText(second)).toBe('one;');

    const third = await bench.node({ secret, cluster: 'home', region: 'there', join: [first.peerUrl] });
    await eventually('three nodes', async () => (await linkedPeers(first)) === 2);
    a.text.insert(0, 'two;');
    await a.provider.whenSaved({ level: 'regions' });
    expect(await savedText(third)).toBe('two;one;');
    await a.provider.transact(() => a.text.insert(0, 'three;'), { level: 3 });
    for (const node of [first, second, third]) expect(await savedText(node)).toBe('three;two;one;');

    await third.stop();
    a.text.insert(0, 'four;');
    await a.provider.whenSaved({ level: 2 });
    expect(await savedText(second)).toBe('four;three;two;one;');
    const ended = new AbortController();
    const never = a.provider.whenSaved({ level: 3, signal: ended.signal });
    ended.abort();
    await expect(never).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('O15: a level that is waited for outlives the connection', async () => {
    const first = await bench.node({ secret, cluster: 'home' });
    const network = await bench.network(first);
    const a = bench.client(network.url);
    a.text.insert(0, 'one;');
    await a.provider.whenSaved();
    const two = a.provider.whenSaved({ level: 2 });
    network.cut();
    await untilState(a, 'offline');
    const second = await bench.node({ secret, cluster: 'home', join: [first.peerUrl] });
    network.heal();
    await two;
    expect(await savedText(second)).toBe('one;');
  });

  test('O16: a copy of an ended life is told so before anything of it is merged, also when it was created anew', async () => {
    const node = await bench.node();
    const network = await bench.network(node);
    const storage = await bench.directory();
    const stale = bench.client(network.url, { storage });
    stale.text.insert(0, 'old;');
    await stale.provider.whenSaved();
    network.cut();
    await untilState(stale, 'offline');
    stale.text.insert(0, 'unsent;');
    const id = { collection: 'default', name: 'notes' };
    await node.store.deleteDocument(id, Date.now() * 4096, node.store.identity.replicaId);
    const other = bench.client(node.clientUrl);
    other.text.insert(0, 'new;');
    await other.provider.whenSaved();
    const resets: unknown[] = [];
    stale.provider.on('reset', ({ reason, life, unsaved }) => resets.push([reason, life, unsaved]));
    network.heal();
    await eventually('the reset', () => resets.length > 0);
    expect(resets).toEqual([['created anew', 2, 1]]);
    expect(stale.text.toString()).toBe('unsent;old;');
    await stale.provider.destroy();
    const next = bench.client(network.url, { storage });
    await untilText(next, 'new;');
    expect(await savedText(node)).toBe('new;');
    expect(await next.provider.copiesAside()).toHaveLength(1);
  });
});
