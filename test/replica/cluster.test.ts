import type { NodeStatus } from '@hearsay/server';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Bench, memoryStorage, namesOf, textOn, write } from './bench.ts';

const bench = new Bench();
afterEach(() => bench.end());

const secret = '5f0c7ab1e99d42c6b83a1740d2ce96fb';

async function twoNodes() {
  const first = await bench.node({ secret, cluster: 'home' });
  const second = await bench.node({ secret, cluster: 'home', join: [first.peerUrl] });
  await eventually('the nodes to be linked', async () => {
    return [...(await peers(first)), ...(await peers(second))].filter(({ linked }) => linked).length === 2;
  });
  return { first, second };
}

/** Other nodes that a node has ever heard of. */
async function peers(node: { readonly httpUrl: string }): Promise<readonly { readonly linked: boolean }[]> {
  const status = await fetch(`${node.httpUrl}/api/status`);
  return ((await status.json()) as NodeStatus).gossip.peers;
}

describe('replicas and the cluster', () => {
  test('B26: what a replica changes reaches every node once; the cluster does not know of it', async () => {
    const { first, second } = await twoNodes();
    await write(second, ['there'], 'hello');
    const replica = await bench.replica(first);
    await eventually('what the other node has', async () => (await namesOf(replica)).length === 1);
    const open = await replica.open('notes', 'here');
    for (let edit = 0; edit < 5; edit++) {
      open.doc.getText('text').insert(0, 'x');
      await open.whenStored();
    }
    await eventually('the edits on the other node', async () => (await textOn(second, 'here')) === 'xxxxx');
    await eventually('the edits to be acknowledged', () => replica.status().unsent === 0);
    await write(second, ['more'], 'hello');
    await eventually('what the other node writes', async () => (await namesOf(replica)).length === 3);
    for (const node of [first, second]) {
      expect(await peers(node)).toHaveLength(1);
      expect(node.store.status().counters.duplicates).toBe(0);
    }
    const metrics = await (await fetch(`${first.httpUrl}/metrics`)).text();
    expect(metrics).toMatch(/^hearsay_guests_linked 1$/m);
    expect(metrics).toMatch(/^hearsay_peers_linked 1$/m);
  });

  test('B27: when its server is gone a replica goes on with the next', async () => {
    const { first, second } = await twoNodes();
    const replica = await bench.replica(first, { servers: [first.clientUrl, second.clientUrl] });
    await replica.whenLive();
    expect(replica.status().server).toBe(first.clientUrl);
    await first.stop();
    await eventually('another server', () => {
      const { state, server } = replica.status();
      return state === 'live' && server === second.clientUrl;
    });
    const open = await replica.open('notes', 'a');
    open.doc.getText('text').insert(0, 'still here');
    await eventually('an edit on it', async () => (await textOn(second, 'a')) === 'still here');
  });

  test('B28: a replica of one cluster is not let into another', async () => {
    const home = await bench.node({ cluster: 'home' });
    const elsewhere = await bench.node({ cluster: 'elsewhere' });
    await write(home, ['a'], 'home');
    await write(elsewhere, ['b'], 'elsewhere');
    const storage = memoryStorage();
    const first = await bench.replica(home, { storage });
    await first.whenLive();
    await first.close();
    const second = await bench.replica(elsewhere, { storage });
    await eventually('the refusal', () => second.status().state === 'refused');
    expect(second.status().reason).toContain('another cluster than "elsewhere"');
    expect(await namesOf(second)).toEqual(['a']);
    expect(await textOn(elsewhere, 'a')).toBeUndefined();
  });

  test('B28: options that cannot be meant are refused at once', async () => {
    const node = await bench.node();
    for (const wrong of [
      { collections: [] },
      { collections: ['a\n'] },
      { prefix: '../' },
      { servers: [] },
      { servers: ['nowhere'] },
    ]) {
      await expect(bench.replica(node, wrong)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    }
  });
});
