import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type CommandOutcome, runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Cluster, contentOf, statusOf, testSecret, untilEqual } from './cluster.ts';
import { damagedAt, flip, holds } from './flip.ts';
import { documentName, prefill } from './prefill.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

function rebuild(
  data: string,
  seeds: readonly string[],
  ...more: readonly string[]
): Promise<CommandOutcome> {
  const joined = seeds.flatMap((url) => ['--join', url]);
  const command = ['rebuild-from-peers', '--data', data, '--cluster', 'test', ...joined, ...more];
  return runCommand(command, { HEARSAY_SECRET: testSecret });
}

const sentinelOf = (data: string): Promise<string> => readFile(join(data, 'store.json'), 'utf8');

async function filled(documents: number): Promise<string> {
  const data = await cluster.directory();
  await prefill(data, documents);
  return data;
}

describe('a store that is to be rebuilt', () => {
  it('L51: stays as it is where its peers have nothing, unless that is accepted', async () => {
    const data = await filled(3);
    const old = await sentinelOf(data);
    const peer = await cluster.node();
    const refused = await rebuild(data, [peer.url]);
    expect([refused.exitCode, refused.stderr]).toEqual([65, expect.stringContaining('error REBUILD_EMPTY')]);
    expect(await sentinelOf(data)).toBe(old);
    const node = await cluster.node({ data });
    expect(await statusOf(node)).toMatchObject({ documents: 3 });
    await node.stop('SIGTERM');
    expect(await rebuild(data, [peer.url], '--accept-empty')).toMatchObject({ exitCode: 0 });
    expect((await readdir(data)).some((name) => name.startsWith('aside-'))).toBe(true);
    await node.start();
    expect(await statusOf(node)).toMatchObject({ documents: 0 });
  });

  it('L51: stays where a peer has fewer whole than it holds, and heals that peer', async () => {
    const [data, other] = [await filled(3), await filled(3)];
    await flip(other, holds('line of document 1'));
    const old = await sentinelOf(data);
    const peer = await cluster.node({ data: other });
    await contentOf(peer, documentName(1)).catch(() => undefined);
    await eventually('the damage to be found', async () => (await damagedAt(peer)).total === 1);
    const refused = await rebuild(data, [peer.url]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      65,
      expect.stringMatching(/error REBUILD_FEWER.*holds 3 documents, 2 have come/s),
    ]);
    expect(await sentinelOf(data)).toBe(old);
    const fewer = await rebuild(await cluster.directory(), [peer.url], '--accept-fewer', '--json');
    expect([fewer.exitCode, JSON.parse(fewer.stdout)]).toMatchObject([0, { documents: 2 }]);
    const node = await cluster.node({ data, join: [peer.url] });
    await untilEqual([node, peer], 3);
    await eventually('the peer to be whole', async () => (await damagedAt(peer)).total === 0);
  });

  it('L51: waits for all that were asked, not for the first that it is equal to', async () => {
    const [few, many] = [await cluster.node(), await cluster.node({ data: await filled(3) })];
    const writer = cluster.client(few, 'another');
    writer.doc.getText('text').insert(0, 'x');
    await eventually('it to be stored', async () => (await statusOf(few)).documents === 1);
    writer.provider.destroy();
    const slow = await cluster.relay(() => many.port, { bytesPerSecond: 4000 });
    const data = await cluster.directory();
    const rebuilt = await rebuild(data, [few.url, `ws://127.0.0.1:${slow.port}`], '--json');
    expect([rebuilt.exitCode, rebuilt.stderr]).toEqual([0, expect.anything()]);
    expect(JSON.parse(rebuilt.stdout)).toMatchObject({ documents: 4 });
  });
});
