import { afterEach, describe, expect, test } from 'vitest';
import { adminToken } from '../http/admin-access.ts';
import { Bench, closeCode, until } from '../testing/running-node.ts';
import type { Hearsay } from './create-hearsay.ts';
import type { StoredUpdate } from './hooks.ts';
import type { ServerDocument } from './server-document.ts';

const bench = new Bench();
const secret = '5f0c7ab1e99d42c6b83a1740d2ce96fb';

afterEach(() => bench.end());

function textOf({ doc }: ServerDocument): string {
  return doc.getText('text').toString();
}

async function remove(node: Hearsay, name: string): Promise<void> {
  const { replicaId, incarnation } = node.store.identity;
  const proof = await adminToken(secret, `${replicaId}/${incarnation}`);
  const answer = await fetch(`${node.httpUrl}/api/documents/default/${name}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${proof}` },
  });
  expect(answer.status).toBe(200);
}

describe('documents in the program of the node', () => {
  test('A90: what is written is on disk when it resolves, with clients of any node, and there after a restart', async () => {
    const data = await bench.directory();
    const node = await bench.node({ data });
    const client = bench.client(node, 'a');
    await until(() => client.provider.synced);
    const document = await node.openDocument('default', 'a');
    const length = await document.transact((doc) => {
      doc.getText('text').insert(0, 'from the server');
      return doc.getText('text').length;
    });
    expect(length).toBe(15);
    expect(textOf(document)).toBe('from the server');
    const answer = await fetch(`${node.httpUrl}/api/documents/default/a`);
    expect(await answer.json()).toMatchObject({ content: { text: 'from the server' } });
    await until(() => client.text() === 'from the server');
    client.doc.getText('text').insert(15, ', and the client');
    await until(() => textOf(document) === 'from the server, and the client');
    await node.stop();
    await expect(document.transact(() => {})).rejects.toMatchObject({ code: 'DOCUMENT_CLOSED' });
    const again = await (await bench.node({ data })).openDocument('default', 'a');
    expect(textOf(again)).toBe('from the server, and the client');
  });

  test('A90: edits that throw change nothing, and those after them go on; many at once are in order', async () => {
    const node = await bench.node();
    const document = await node.openDocument('default', 'a');
    const client = bench.client(node, 'a');
    await until(() => client.provider.synced);
    const edits = Array.from({ length: 40 }, (_, at) =>
      document.transact((doc) => {
        doc.getArray<number>('list').push([at]);
        if (at === 20) throw new Error('changed its mind');
      }),
    );
    for (let at = 0; at < 20; at++) client.doc.getText('text').insert(0, 'x');
    const outcomes = await Promise.allSettled(edits);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    const expected = Array.from({ length: 40 }, (_, at) => at).filter((at) => at !== 20);
    expect(document.doc.getArray('list').toJSON()).toEqual(expected);
    await until(() => client.doc.getArray('list').length === 39 && textOf(document).length === 20);
    expect(client.doc.getArray('list').toJSON()).toEqual(expected);
  });

  test('A90: names that cannot be, and collections of the nodes’ own, are refused with a code', async () => {
    const node = await bench.node();
    for (const [collection, name] of [
      ['default', 'a\ud800'],
      ['', 'a'],
      ['$hearsay', 'revocations'],
    ] as const) {
      await expect(node.openDocument(collection, name)).rejects.toMatchObject({
        code: 'DOCUMENT_NAME_INVALID',
      });
    }
  });

  test('A91: it tells of every change and where it came from, and of its end', async () => {
    const node = await bench.node({ secret });
    const document = await node.openDocument('default', 'a');
    const told: string[] = [];
    const stop = document.onChange(({ source, update }) => {
      told.push(update === null ? `${source} deleted it` : `${source}: ${textOf(document)}`);
    });
    document.onChange(() => {
      throw new Error('a listener of no use');
    });
    await document.transact((doc) => doc.getText('text').insert(0, 'a'));
    const client = bench.client(node, 'a');
    await until(() => client.text() === 'a');
    client.doc.getText('text').insert(1, 'b');
    await until(() => told.length === 2);
    await remove(node, 'a');
    await until(() => told.length === 3);
    expect(told).toEqual(['server: a', 'client: ab', 'server deleted it']);
    stop();
    await expect(document.transact(() => {})).rejects.toMatchObject({ code: 'DOCUMENT_DELETED' });
    const anew = await node.openDocument('default', 'a');
    expect(textOf(anew)).toBe('');
    await anew.transact((doc) => doc.getText('text').insert(0, 'new'));
    expect(textOf(anew)).toBe('new');
    expect(told).toHaveLength(3);
  });
});

describe('hooks', () => {
  test('A92: what beforeUpdate refuses is stored nowhere, and its writer is told why', async () => {
    const node = await bench.node({
      beforeUpdate: ({ source, update }) => {
        if (source === 'client' && update.byteLength > 100) return 'too much at once';
        if (source === 'server') throw new Error('a hook of no use');
        return undefined;
      },
    });
    const [good, bad] = [bench.client(node, 'a'), bench.client(node, 'a')];
    const reasons: string[] = [];
    bad.provider.on('connection-close', (event: { code: number; reason: string } | null) => {
      if (event !== null) reasons.push(`${event.code} ${event.reason}`);
    });
    await until(() => good.provider.synced && bad.provider.synced);
    good.doc.getText('text').insert(0, 'small');
    await until(() => bad.text() === 'small');
    bad.doc.getText('text').insert(0, 'large'.repeat(100));
    await until(() => reasons.length > 0);
    expect(reasons[0]).toContain('4403');
    expect(reasons[0]).toContain('too much at once');
    const document = await node.openDocument('default', 'a');
    await expect(document.transact((doc) => doc.getText('text').insert(0, 'x'))).rejects.toMatchObject({
      code: 'UPDATE_REFUSED',
    });
    expect(textOf(document)).toBe('small');
    expect(good.text()).toBe('small');
  });

  test('A92: updates of one document keep their order, however long the hook thinks', async () => {
    const thinking = [30, 1, 20, 0, 10];
    const node = await bench.node({
      beforeUpdate: async () => {
        await new Promise((resolve) => setTimeout(resolve, thinking.pop() ?? 0));
        return undefined;
      },
    });
    const document = await node.openDocument('default', 'a');
    await Promise.all(
      Array.from({ length: 5 }, (_, at) => document.transact((doc) => doc.getArray('list').push([at]))),
    );
    expect(document.doc.getArray('list').toJSON()).toEqual([0, 1, 2, 3, 4]);
  });

  test('A93: authorise decides for every login, and cannot give what the node does not', async () => {
    const node = await bench.node({
      authorise: async ({ name }) => {
        if (name === 'thrown') throw new Error('a hook of no use');
        if (name === 'closed') return null;
        return { read: true, write: name === 'open', presence: false };
      },
    });
    const [open, readOnly] = [bench.client(node, 'open'), bench.client(node, 'read')];
    await until(() => open.provider.synced && readOnly.provider.synced);
    open.doc.getText('text').insert(0, 'x');
    readOnly.doc.getText('text').insert(0, 'x');
    const written = await node.openDocument('default', 'open');
    await until(() => textOf(written) === 'x');
    for (const name of ['closed', 'thrown']) {
      const socket = await bench.socket(node, `/${name}`);
      const closed = closeCode(socket);
      socket.send(Uint8Array.of(0, 0, 1, 0));
      expect(await closed).toBe(4403);
    }
    expect(textOf(await node.openDocument('default', 'read'))).toBe('');
    expect((await fetch(`${node.httpUrl}/api/documents/default/open`)).status).toBe(403);
  });

  test('A94: afterStore hears of every stored change once, in order; what it throws disturbs nobody', async () => {
    const stored: StoredUpdate[] = [];
    const node = await bench.node({
      secret,
      afterStore: (update) => {
        stored.push(update);
        if (stored.length === 2) throw new Error('a hook of no use');
      },
    });
    const document = await node.openDocument('notes', 'a');
    for (let at = 0; at < 3; at++) await document.transact((doc) => doc.getArray('list').push([at]));
    const client = bench.client(node, 'b');
    await until(() => client.provider.synced);
    client.doc.getText('text').insert(0, 'x');
    await until(() => stored.length === 4);
    await remove(node, 'b');
    await until(() => stored.length === 5);
    expect(
      stored.map(({ collection, name, source, life, update }) => [
        collection,
        name,
        source,
        life,
        update === null,
      ]),
    ).toEqual([
      ['notes', 'a', 'server', 1, false],
      ['notes', 'a', 'server', 1, false],
      ['notes', 'a', 'server', 1, false],
      ['default', 'b', 'client', 1, false],
      ['default', 'b', 'server', 1, true],
    ]);
  });
});
