import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { releases, type StockClient } from '../interop/clients.ts';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster, contentOf, proofFor, untilEqual } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function call(node: NodeProcess, method: string, path: string): Promise<Answer> {
  const authorization = await proofFor(node);
  const answer = await fetch(`${node.http}${path}`, { method, headers: { authorization } });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

async function statusCodeOf(node: NodeProcess, name: string): Promise<number> {
  return (await fetch(`${node.http}/api/documents/default/${name}`)).status;
}

function open(release: keyof typeof releases, node: NodeProcess, name: string): StockClient {
  const create = releases[release];
  if (create === undefined) throw new Error(`no release ${release}`);
  const client = create(node.url, name);
  cluster.after(() => client.destroy());
  return client;
}

describe('deletion', () => {
  it('L35: a deleted document is gone on every node, and stays so when a node that was away comes back', async () => {
    const data = await cluster.directory();
    const first = await cluster.node();
    const away = await cluster.node({ data, join: [first.url] });
    const writer = cluster.client(first, 'a');
    writer.doc.getText('text').insert(0, 'old');
    await untilEqual([first, away], 1);
    writer.provider.destroy();
    await away.stop('SIGTERM');
    const deleted = await call(first, 'DELETE', '/api/documents/default/a');
    expect(deleted).toMatchObject({ status: 200, body: { name: 'a', life: 1 } });
    expect(await call(first, 'DELETE', '/api/documents/default/a')).toEqual(deleted);
    expect(await statusCodeOf(first, 'a')).toBe(404);
    const back = await cluster.node({ data, join: [first.url] });
    await eventually('the deletion to be heard of', async () => (await statusCodeOf(back, 'a')) === 404);
    expect(await statusCodeOf(first, 'a')).toBe(404);
    expect((await fetch(`${first.http}/api/documents/default/a`, { method: 'DELETE' })).status).toBe(401);
  });

  it('L36: a deleted document is brought back on any node, and its clients go on where they were', async () => {
    const [first, second] = await cluster.nodes(2);
    if (first === undefined || second === undefined) throw new Error('no nodes');
    const writer = cluster.client(first, 'a');
    writer.doc.getText('text').insert(0, 'kept');
    await untilEqual([first, second], 1);
    await call(first, 'DELETE', '/api/documents/default/a');
    await eventually('the deletion to be heard of', async () => (await statusCodeOf(second, 'a')) === 404);
    const listed = (await call(second, 'GET', '/api/deleted')).body['documents'];
    expect(listed).toMatchObject([{ collection: 'default', name: 'a', life: 1 }]);
    expect(await call(second, 'POST', '/api/deleted/default/a')).toMatchObject({
      status: 200,
      body: { life: 2 },
    });
    expect(await call(second, 'POST', '/api/deleted/default/a')).toMatchObject({
      status: 409,
      body: { error: { code: 'NOT_KEPT' } },
    });
    await eventually('it to be back', async () => (await statusCodeOf(first, 'a')) === 200);
    expect(await contentOf(first, 'a')).toEqual({ text: 'kept' });
    const again = cluster.client(first, 'a');
    Y.applyUpdate(again.doc, Y.encodeStateAsUpdate(writer.doc));
    again.doc.getText('text').insert(4, ' and more');
    await eventually('the edit to be stored', async () => {
      const content = (await contentOf(second, 'a')) as { readonly text?: string };
      return content.text === 'kept and more';
    });
  });
});

describe('clients that edit offline while the document is deleted', () => {
  it('L37: all are turned away, on every node and in any order; nothing of theirs is in the next life, and other documents go on', async () => {
    const nodes = await cluster.nodes(2);
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('no nodes');
    const stale = Object.keys(releases).map((release, at) => open(release, nodes[at % 2] ?? first, 'a'));
    const elsewhere = cluster.client(second, 'b');
    await eventually('in sync', () => stale.every((client) => client.synced()) && elsewhere.provider.synced);
    for (const client of stale) client.text().insert(0, `${client.name};`);
    const isWhole = (text: string): boolean => stale.every(({ name }) => text.includes(`${name};`));
    await eventually('all to have all', () => stale.every((client) => isWhole(client.text().toString())));
    await untilEqual(nodes, 1);
    for (const client of stale) client.disconnect();
    await eventually('offline', () => stale.every((client) => !client.connected()));
    for (const [at, client] of stale.entries()) {
      client.text().insert(0, 'unsent ');
      // Some only delete, or delete too.
      if (at % 2 === 0) client.text().delete(7, 3);
    }
    expect((await call(first, 'DELETE', '/api/documents/default/a')).status).toBe(200);
    await eventually('the deletion to be heard of', async () => (await statusCodeOf(second, 'a')) === 404);
    const [early, late] = [stale.slice(0, 3), stale.slice(3)];
    for (const client of early) client.connect();
    const turnedAway = (): number =>
      nodes.reduce((sum, node) => sum + (node.output().match(/"code":"LIFE_ENDED"/g)?.length ?? 0), 0);
    await eventually('these to be turned away', () => turnedAway() >= early.length);
    expect(await Promise.all(nodes.map((node) => statusCodeOf(node, 'a')))).toEqual([404, 404]);
    const fresh = cluster.client(second, 'a');
    await eventually('in sync', () => fresh.provider.synced);
    fresh.doc.getText('text').insert(0, 'new');
    await eventually('the next life', async () => (await statusCodeOf(first, 'a')) === 200);
    for (const client of late) client.connect();
    await eventually('all to be turned away', () => turnedAway() >= stale.length);
    elsewhere.doc.getText('text').insert(0, 'goes on');
    fresh.doc.getText('text').insert(3, 'er');
    await untilEqual(nodes, 2);
    await eventually('the edits to be everywhere', async () => {
      const texts = await Promise.all(
        nodes.flatMap((node) => ['a', 'b'].map((name) => contentOf(node, name))),
      );
      return (
        JSON.stringify(texts.map((content) => content?.['text'])) === '["newer","goes on","newer","goes on"]'
      );
    });
    expect(fresh.doc.getText('text').toString()).toBe('newer');
    // What they had is still theirs.
    for (const client of stale) expect(client.text().toString()).toContain('unsent ');
  });
});

describe.each(Object.keys(releases))('%s', (release) => {
  it('L37: who comes back with the history of a deleted document is turned away for good, also once it is created anew', async () => {
    const node = await cluster.node();
    const stale = open(release, node, 'a');
    await eventually('in sync', () => stale.synced());
    stale.text().insert(0, 'old');
    await eventually('the edit to be stored', async () => (await statusCodeOf(node, 'a')) === 200);
    stale.disconnect();
    await eventually('offline', () => !stale.connected());
    stale.text().insert(3, ' and unsent');
    await call(node, 'DELETE', '/api/documents/default/a');
    const fresh = open(release, node, 'a');
    await eventually('in sync', () => fresh.synced());
    expect(fresh.text().toString()).toBe('');
    fresh.text().insert(0, 'new');
    await eventually('the new life to be stored', async () => (await statusCodeOf(node, 'a')) === 200);
    stale.connect();
    await eventually('the node to turn it away', () => node.output().includes('"code":"LIFE_ENDED"'));
    fresh.text().insert(3, 'er');
    await eventually('the edit to be stored', async () => {
      const content = (await contentOf(node, 'a')) as { readonly text?: string };
      return content.text === 'newer';
    });
    expect(stale.text().toString()).toBe('old and unsent');
    expect(fresh.text().toString()).toBe('newer');
  });
});
