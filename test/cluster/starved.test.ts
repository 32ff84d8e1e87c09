import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster, contentOf, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

async function textOf(node: NodeProcess): Promise<string | undefined> {
  const content = (await contentOf(node, 'a').catch(() => undefined)) as { text?: string } | undefined;
  return content?.text;
}

it('L47: a process that is stopped and goes on is suspected, believed again, and brought up to date', async () => {
  const nodes = await cluster.nodes(3);
  const [first, second, third] = nodes;
  if (first === undefined || second === undefined || third === undefined) throw new Error('no nodes');
  const writer = cluster.client(first, 'a');
  writer.doc.getText('text').insert(0, 'before ');
  await untilEqual(nodes, 1);
  third.signal('SIGSTOP');
  cluster.after(() => third.signal('SIGCONT'));
  await eventually(
    'the others to suspect it',
    () => first.output().includes('"status":"suspect"') || second.output().includes('"status":"suspect"'),
    60_000,
  );
  writer.doc.getText('text').insert(7, 'meanwhile ');
  await eventually('the second to have it', async () => (await textOf(second)) === 'before meanwhile ');
  third.signal('SIGCONT');
  await eventually('it to catch up', async () => (await textOf(third)) === 'before meanwhile ', 60_000);
  const late = cluster.client(third, 'a');
  await eventually('in sync', () => late.provider.synced);
  late.doc.getText('text').insert(17, 'after');
  await eventually('all to be equal', async () =>
    (await Promise.all(nodes.map(textOf))).every((text) => text === 'before meanwhile after'),
  );
  await eventually('all to be linked', async () =>
    (await Promise.all(nodes.map(statusOf))).every(({ gossip }) => gossip.linkedPeers === 2),
  );
});

it('L48: a node without file descriptors left turns strangers away, and goes on when there are some again', async () => {
  const data = await cluster.directory();
  const node = await cluster.node({ data, descriptors: 256 });
  const writer = cluster.client(node, 'a');
  const reader = cluster.client(node, 'a');
  await eventually('in sync', () => writer.provider.synced && reader.provider.synced);
  const crowd: Socket[] = [];
  cluster.after(() => {
    for (const socket of crowd) socket.destroy();
  });
  let turnedAway = 0;
  // Whoever says nothing is let go after some seconds: others come in their place.
  const press = (): void => {
    for (let open = crowd.filter(({ destroyed }) => !destroyed).length; open < 400; open++) {
      const socket = connect(node.port, '127.0.0.1');
      socket.on('error', () => {}).on('close', () => turnedAway++);
      crowd.push(socket);
    }
  };
  await eventually('some to be turned away, and that to be told', () => {
    press();
    return turnedAway > 0 && node.output().includes('"code":"DESCRIPTORS_EXHAUSTED"');
  });
  // Whoever is in is served, database and all.
  for (let edit = 0; edit < 200; edit++) writer.doc.getText('text').insert(edit, 'x');
  await eventually('the edits to be on the disk, and with others', () => reader.text() === 'x'.repeat(200));
  expect(crowd.some(({ destroyed }) => !destroyed)).toBe(true);
  for (const socket of crowd) socket.destroy();
  await eventually('it to take others again', async () => (await textOf(node)) === 'x'.repeat(200));
  const metrics = await (await fetch(`${node.http}/metrics`)).text();
  expect(metrics).toMatch(/^hearsay_descriptors_exhausted_total [1-9]/m);
  const again = cluster.client(node, 'a');
  await eventually('in sync', () => again.provider.synced);
  expect(again.text()).toBe('x'.repeat(200));
  await node.stop('SIGKILL');
  await node.start();
  expect(await textOf(node)).toBe('x'.repeat(200));
  const socket = connect(node.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
});
