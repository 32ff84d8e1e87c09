import { afterEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster, contentOf, statusOf } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

/** Two clients that think they are the same one write at the same clocks. */
async function writeAs(node: NodeProcess, clientId: number, text: string): Promise<void> {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  doc.getText('text').insert(0, text);
  const client = cluster.client(node, 'report');
  await eventually('in sync', () => client.provider.synced);
  Y.applyUpdate(client.doc, Y.encodeStateAsUpdate(doc));
  await eventually('it to be stored', async () => {
    const content = (await contentOf(node, 'report').catch(() => undefined)) as { text?: string } | undefined;
    return content?.text === text;
  });
  client.provider.destroy();
}

it('L46: edits numbered twice raise an alarm on both nodes, and both contents are kept', async () => {
  const often = ['--gossip', 'contents.intervalMs=200'];
  const first = await cluster.node({ with: often });
  const data = await cluster.directory();
  const alone = await cluster.node({ data, with: often });
  await writeAs(first, 77, 'left');
  await writeAs(alone, 77, 'rite');
  await alone.stop('SIGTERM');
  const second = await cluster.node({ data, join: [first.url], with: often });
  for (const node of [first, second]) {
    await eventually('the alarm', async () => {
      const { alarms } = (await statusOf(node)).gossip;
      return alarms.some(
        ({ code, message }) => code === 'CONTENT_CONFLICT' && message.includes('default/report'),
      );
    });
  }
  expect(await contentOf(first, 'report')).toEqual({ text: 'left' });
  expect(await contentOf(second, 'report')).toEqual({ text: 'rite' });
});
