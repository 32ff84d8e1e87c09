import { ScriptedClient } from '@hearsay/document/testing';
import { describe, expect, it } from 'vitest';
import { createSimulatedCluster, type ScriptedCluster } from './create-cluster.ts';
import type { ClusterObserver } from './simulated-cluster.ts';

/** 256 kbit/s. */
const bytesPerMs = 32;
const documents = 40;
const documentBytes = 20_000;

function thin(seed: string) {
  const told: string[] = [];
  const observer: ClusterObserver = {
    started: async () => {},
    committed: () => {},
    broken: () => {},
    diskFault: () => {},
    gossiped: (_, event) => {
      told.push(event.type === 'memberChanged' ? event.status : event.type);
    },
  };
  const cluster = createSimulatedCluster({ seed, nodes: 2, observer });
  const ways = [
    ['n0', 'n1'],
    ['n1', 'n0'],
  ] as const;
  for (const [from, to] of ways) cluster.inner.network.conditions.throttle(from, to, bytesPerMs);
  return { cluster, told };
}

async function fill({ inner }: ScriptedCluster): Promise<void> {
  for (let count = 0; count < documents; count++) {
    const author = new ScriptedClient(1 + count);
    const update = author.type(String.fromCharCode(97 + (count % 26)).repeat(documentBytes));
    const id = { collection: 'default', name: `large ${count}` };
    const submitted = inner.node(0).store?.submit(id, update, { kind: 'local' });
    expect((await inner.time.complete(submitted ?? Promise.reject(new Error('no store')))).ok).toBe(true);
  }
}

/** Virtual milliseconds until an edit on the first node is on the second one. */
async function crossing(cluster: ScriptedCluster, name: string): Promise<number> {
  const { time } = cluster.inner;
  const id = { collection: 'default', name };
  const start = time.now;
  expect(await cluster.edit(0, name)).toBe(true);
  for (;;) {
    const found = await time.complete(
      cluster.inner.node(1).store?.lookup(id) ?? Promise.reject(new Error('no store')),
    );
    if (found.phase === 'live' || time.now > start + 60_000) return time.now - start;
    await cluster.run(50);
  }
}

describe('a line of 256 kbit/s', () => {
  it('Z52: a new node has 800 KB in twice the ideal time; live edits cross in 3 s meanwhile, and nobody is suspected', async () => {
    const { cluster, told } = thin('thin');
    cluster.start(0);
    await cluster.run(2000);
    await fill(cluster);
    cluster.start(1);
    const start = cluster.inner.time.now;
    await cluster.run(6000);
    const crossed: number[] = [];
    for (let edit = 0; edit < 3; edit++) crossed.push(await crossing(cluster, `live ${edit}`));
    expect(Math.max(...crossed)).toBeLessThan(3000);
    const idealMs = (documents * documentBytes) / bytesPerMs;
    expect(await cluster.runUntilEqual(2 * idealMs - (cluster.inner.time.now - start))).toBeDefined();
    expect(cluster.stats().bytes).toBeLessThan(1.2 * documents * documentBytes);
    for (const bad of ['suspected', 'dead', 'peerUnlinked']) expect(told).not.toContain(bad);
  });

  it('Z70: what is written now crosses in 3 s while 800 KB go that were kept for an absent node', async () => {
    const { cluster, told } = thin('kept');
    cluster.start();
    expect(await cluster.runUntilEqual(10_000)).toBeDefined();
    await cluster.edit(0, 'mailed');
    await cluster.run(5000);
    await cluster.stop(1);
    await fill(cluster);
    told.length = 0;
    cluster.start(1);
    await cluster.run(6000);
    const crossed: number[] = [];
    for (let edit = 0; edit < 3; edit++) crossed.push(await crossing(cluster, `live ${edit}`));
    expect(Math.max(...crossed)).toBeLessThan(3000);
    // What was kept is still under way.
    expect(new Set(await cluster.roots()).size).toBe(2);
    const idealMs = (documents * documentBytes) / bytesPerMs;
    expect(await cluster.runUntilEqual(1.2 * idealMs)).toBeDefined();
    expect(cluster.stats().bytes).toBeLessThan(1.2 * documents * documentBytes);
    for (const bad of ['suspected', 'dead']) expect(told).not.toContain(bad);
  });

  it('Z53: what came whole over a link that is cut again and again is not sent once more', async () => {
    const { cluster } = thin('cut');
    cluster.start(0);
    await cluster.run(2000);
    await fill(cluster);
    cluster.start(1);
    for (let cut = 0; cut < 4; cut++) {
      await cluster.run(8000);
      for (const link of cluster.inner.network.linksBetween('n0', 'n1')) link.dialler.terminate('cut');
    }
    expect(await cluster.runUntilEqual(60_000)).toBeDefined();
    // Of each cut what had not come whole: a batch at most.
    expect(cluster.stats().bytes).toBeLessThan(documents * documentBytes + 4 * 330_000);
  });
});
