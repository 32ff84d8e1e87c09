import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { releases } from '../interop/clients.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster, contentOf, proofFor, statusOf, testSecret, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

const briefly = ['--undelete-window', '0', '--certificate-time', '2000', '--certificate-holders', '1'];

async function remove(node: NodeProcess, name: string): Promise<void> {
  const authorization = await proofFor(node);
  const path = `${node.http}/api/documents/default/${name}`;
  expect((await fetch(path, { method: 'DELETE', headers: { authorization } })).status).toBe(200);
}

async function isGone(node: NodeProcess, name: string): Promise<boolean> {
  return (await fetch(`${node.http}/api/documents/default/${name}`)).status === 404;
}

/** What a node has put to rest, and what it has forgotten of that. */
function rested(node: NodeProcess): { readonly rested: number; readonly forgotten: number } {
  const told = [...node.output().matchAll(/"rested":(\d+),"forgotten":(\d+)/g)];
  const sum = (group: number): number => told.reduce((total, match) => total + Number(match[group]), 0);
  return { rested: sum(1), forgotten: sum(2) };
}

describe('a deletion whose time is over', () => {
  it('L44: is forgotten by all but its holders, and still ends an old copy that a client brings to any node', async () => {
    const first = await cluster.node({ with: briefly });
    const others = [1, 2].map(() => cluster.node({ join: [first.url], with: briefly }));
    const nodes = [first, ...(await Promise.all(others))];
    const create = releases['y-websocket 3.1'];
    if (create === undefined) throw new Error('no client');
    const stale = create(first.url, 'a');
    cluster.after(() => stale.destroy());
    await eventually('in sync', () => stale.synced());
    stale.text().insert(0, 'old');
    await untilEqual(nodes, 1);
    stale.disconnect();
    await remove(first, 'a');
    await eventually('it to rest everywhere', () => nodes.every((node) => rested(node).rested === 1));
    await eventually(
      'two to forget it',
      () => nodes.filter((node) => rested(node).forgotten === 1).length === 2,
    );
    stale.connect();
    const told = (): boolean => nodes.some((node) => node.output().includes('"code":"LIFE_ENDED"'));
    await eventually('the client to be turned away', told);
    await eventually('it to be gone', async () =>
      (await Promise.all(nodes.map((node) => isGone(node, 'a')))).every(Boolean),
    );
    const fresh = cluster.client(first, 'a');
    await eventually('in sync', () => fresh.provider.synced);
    fresh.doc.getText('text').insert(0, 'new');
    await eventually('the new one to be everywhere', async () => {
      const contents = await Promise.all(nodes.map((node) => contentOf(node, 'a').catch(() => undefined)));
      return contents.every((content) => (content as { text?: string } | undefined)?.text === 'new');
    });
  });

  it('L45: a node that was away for longer is refused with what to do; where it is accepted, its old copy ends all the same', async () => {
    const longer = ['--undelete-window', '0', '--certificate-time', '3000'];
    const data = await cluster.directory();
    const first = await cluster.node({ with: longer });
    const away = await cluster.node({ data, join: [first.url], with: longer });
    const writer = cluster.client(first, 'a');
    writer.doc.getText('text').insert(0, 'old');
    cluster.client(first, 'b').doc.getText('text').insert(0, 'stays');
    await untilEqual([first, away], 2);
    writer.provider.destroy();
    await away.stop('SIGTERM');
    await remove(first, 'a');
    await eventually('it to rest', () => rested(first).rested === 1);
    // Deleted after it had stopped: it has been away for longer than what rests now was in force.
    const tooOld = cluster.node({ data, join: [first.url], with: longer });
    await expect(tooOld).rejects.toThrow(/REPLICA_TOO_OLD.*rebuild-from-peers/s);
    const back = await cluster.node({ data, join: [first.url], with: [...longer, '--accept-absence'] });
    await eventually('the old copy to end', () => isGone(back, 'a'));
    await eventually('a link', async () => (await statusOf(back)).gossip.linkedPeers === 1);
    expect(await isGone(first, 'a')).toBe(true);
    expect(await contentOf(back, 'b')).toEqual({ text: 'stays' });
  });

  it('L50: a seed restored from a backup that is older than that merges with nobody who calls it', async () => {
    const short = ['--undelete-window', '0', '--certificate-time', '2000', '--certificate-holders', '0'];
    const [data, out, restored] = await Promise.all([1, 2, 3].map(() => cluster.directory()));
    if (data === undefined || out === undefined || restored === undefined) throw new Error('no directory');
    const seed = await cluster.node({ data, with: short });
    const other = await cluster.node({ join: [seed.url], with: short });
    for (const name of ['a', 'b']) {
      const writer = cluster.client(seed, name);
      writer.doc.getText('text').insert(0, 'old');
      await untilEqual([seed, other], name === 'a' ? 1 : 2);
      writer.provider.destroy();
    }
    const secret = { HEARSAY_SECRET: testSecret };
    const backup = await runCommand(['backup', '--node', seed.http, '--out', join(out, 'backup')], secret);
    expect(backup).toMatchObject({ exitCode: 0 });
    await remove(other, 'a');
    await eventually('it to be forgotten', () => rested(other).forgotten === 1);
    await seed.stop('SIGKILL');
    const target = join(restored, 'data');
    const restore = await runCommand(['restore', '--from', join(out, 'backup'), '--data', target], secret);
    expect(restore).toMatchObject({ exitCode: 0 });
    const again = await cluster.node({ data: target, port: seed.port, with: short });
    await eventually('both to say so', async () => {
      const refusals = (await Promise.all([again, other].map(statusOf))).map(({ gossip }) => gossip.refusals);
      return refusals.every((told) => told.some(({ code }) => code === 'REPLICA_TOO_OLD'));
    });
    const ready = await fetch(`${again.http}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      expect.objectContaining({ reason: 'REPLICA_TOO_OLD' }),
    ]);
    expect([again, other].map((node) => /"code":"REPLICA_TOO_OLD"/.test(node.output()))).toEqual([
      true,
      true,
    ]);
    expect(await statusOf(again)).toMatchObject({ ready: false, gossip: { linkedPeers: 0 } });
    expect([await isGone(other, 'a'), await contentOf(again, 'a')]).toEqual([true, { text: 'old' }]);
    // Unless the operator says that it is the one to go on from: then what was deleted does come back.
    await again.stop('SIGTERM');
    const accepted = [...short, '--accept-absence'];
    await cluster.node({ data: target, port: seed.port, join: [other.url], with: accepted });
    await eventually('it to be back', async () => !(await isGone(other, 'a')));
  });
});
