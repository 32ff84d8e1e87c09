import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { createRandom, type DocumentId } from '@hearsay/core';
import {
  createGossipNode,
  createGuestAuthenticator,
  type GossipNode,
  guestCluster,
  guestPath,
  guestSubprotocol,
  type Interest,
  type NodeEvent,
  type Welcome,
} from '@hearsay/gossip-sync';
import { createWebTransport } from '@hearsay/gossip-sync/web';
import { type DocumentStore, memorySentinel, openStore } from '@hearsay/storage';
import { MemoryLevel } from 'memory-level';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import * as Y from 'yjs';
import { systemClock, systemTimers } from '../runtime/clock.ts';
import { createLog } from '../telemetry/log.ts';
import { Bench, closeCode, until } from '../testing/running-node.ts';
import type { GuestAccess } from './access.ts';
import { GuestCursors } from './guest-cursors.ts';
import { openGuests } from './guests.ts';

const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending();
});

async function store(cluster: string): Promise<DocumentStore> {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({
    keyEncoding: 'view',
    valueEncoding: 'view',
    storeEncoding: 'view',
  });
  const opened = await openStore({
    openDatabase: () => database,
    sentinel: memorySentinel(),
    cluster,
    clock: systemClock,
    timers: systemTimers,
    random: createRandom(`${Math.random()}`),
  });
  if (!opened.ok) throw new Error(opened.error.message);
  endings.push(() => opened.value.close());
  return opened.value;
}

/** A node's side that asks `access`, and its port. */
async function host(access: GuestAccess): Promise<{ documents: DocumentStore; port: number }> {
  const documents = await store('home');
  const log = createLog({ level: 'trace', format: 'json', output: new PassThrough().resume() });
  const guests = openGuests({ cluster: 'home', store: documents, access, log });
  documents.onCommit((changes) => guests.committed(changes));
  const server: Server = createServer();
  server.on('upgrade', guests.accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    await guests.close();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { documents, port: address.port };
}

interface TestGuest {
  readonly documents: DocumentStore;
  readonly node: GossipNode;
  readonly events: NodeEvent[];
  readonly welcomes: Welcome[];
}

async function guest(port: number, interest: Interest, token: string | null): Promise<TestGuest> {
  const documents = await store(guestCluster);
  const events: NodeEvent[] = [];
  const welcomes: Welcome[] = [];
  const node = createGossipNode({
    replica: documents,
    transport: createWebTransport({
      timers: systemTimers,
      open: () => new WebSocket(`ws://127.0.0.1:${port}${guestPath}`, guestSubprotocol),
    }),
    authenticator: createGuestAuthenticator({
      interest,
      token: async () => token,
      welcomed: (welcome) => {
        welcomes.push(welcome);
        return null;
      },
    }),
    clock: systemClock,
    timers: systemTimers,
    random: createRandom(`${Math.random()}`),
    options: { among: 'guest', peers: { seeds: ['x'] } },
    listeners: { event: (event) => events.push(event) },
  });
  documents.onCommit((changes) => node.committed(changes));
  await node.start();
  endings.push(() => node.stop());
  return { documents, node, events, welcomes };
}

const note = (name: string): DocumentId => ({ collection: 'notes', name });

async function write(documents: DocumentStore, name: string): Promise<void> {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, name);
  const stored = await documents.submit(note(name), Y.encodeStateAsUpdate(doc), { kind: 'local' });
  if (!stored.ok) throw new Error(stored.error.message);
}

const everything: Interest = { collections: ['notes'], prefix: '' };

/** Whoever bears `reader` may read what is `public/`, `writer` may write there too. */
const access: GuestAccess = {
  admit: async (interest, token) => {
    if (token !== 'reader' && token !== 'writer') return { isAdmitted: false, reason: 'who are you?' };
    if (!interest.prefix.startsWith('public/')) return { isAdmitted: false, reason: 'only public/' };
    return { isAdmitted: true, mayWrite: token === 'writer' };
  },
};

describe('access of guests', () => {
  test.each([
    [null, 'public/', 'who are you?'],
    ['stranger', 'public/', 'who are you?'],
    ['reader', '', 'only public/'],
    ['writer', 'pub', 'only public/'],
  ])(
    'A120: the bearer of %s who asks for "%s" is refused, told why, and hears nothing',
    async (token, prefix, why) => {
      const { documents, port } = await host(access);
      await write(documents, 'public/a');
      const refused = await guest(port, { ...everything, prefix }, token);
      await until(() => refused.events.some(({ type }) => type === 'dialFailed'));
      expect(refused.events.at(-1)).toMatchObject({ type: 'dialFailed', reason: why, code: 4407 });
      expect(refused.documents.status().documents).toBe(0);
      expect(refused.welcomes).toEqual([]);
    },
  );

  test('A120: who may only read reads, and nothing it sends is stored', async () => {
    const { documents, port } = await host(access);
    for (const name of ['public/a', 'secret/b']) await write(documents, name);
    const reader = await guest(port, { ...everything, prefix: 'public/' }, 'reader');
    await until(() => reader.documents.status().documents === 1);
    expect(reader.welcomes).toEqual([{ cluster: 'home', mayWrite: false }]);
    await write(reader.documents, 'public/mine');
    await write(reader.documents, 'secret/b');
    // Both ways on: its mail is answered, and it is mailed.
    await until(() => reader.node.status().counters['received mail.receipt'] !== undefined);
    await write(documents, 'public/c');
    await until(async () => (await reader.documents.lookup(note('public/c'))).phase === 'live');
    expect((await documents.list('notes', '', 10)).map(({ name }) => name)).toEqual([
      'public/a',
      'public/c',
      'secret/b',
    ]);
  });

  test('A120: who may write writes inside of what it was let in for, and nowhere else', async () => {
    const { documents, port } = await host(access);
    await write(documents, 'secret/b');
    const before = await documents.roots();
    const writer = await guest(port, { ...everything, prefix: 'public/' }, 'writer');
    await write(writer.documents, 'secret/b');
    await write(writer.documents, 'secret/new');
    await writer.documents.deleteDocument(note('secret/b'), 4096, writer.documents.identity.replicaId);
    await write(writer.documents, 'public/mine');
    await until(async () => (await documents.lookup(note('public/mine'))).phase === 'live');
    const deletion = await documents.deleteDocument(note('public/mine'), 4096, documents.identity.replicaId);
    expect(deletion.ok).toBe(true);
    expect((await documents.list('notes', '', 10)).map(({ name }) => name)).toEqual(['secret/b']);
    expect((await documents.roots())[0]?.count).toBe((before[0]?.count ?? 0) + 1);
  });
});

describe('guests at the door', () => {
  const bench = new Bench();

  test('A121: the path of guests with another protocol is a room of that name', async () => {
    const node = await bench.node();
    const { provider } = bench.client(node, guestPath.slice(1));
    await until(() => provider.synced);
    await bench.end();
  });

  test('A121: a page of another origin is no guest', async () => {
    const node = await bench.node();
    const socket = new WebSocket(`${node.clientUrl}${guestPath}`, guestSubprotocol, {
      origin: 'https://evil.example',
    });
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('403');
    await bench.end();
  });

  test('A121: garbage ends the link and nothing else', async () => {
    const node = await bench.node();
    for (const garbage of [new Uint8Array(0), new Uint8Array(100).fill(7)]) {
      const socket = new WebSocket(`${node.clientUrl}${guestPath}`, guestSubprotocol);
      await once(socket, 'open');
      socket.send(garbage);
      expect(await closeCode(socket)).toBe(4521);
    }
    expect(node.readiness()).toEqual({ ready: true });
    await bench.end();
  });

  test('A122: cursors are kept for the guests that called last', () => {
    const cursors = new GuestCursors(2);
    const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(32) as never);
    for (const id of [one, two]) cursors.set(id as never, 5);
    cursors.set(one as never, 6);
    cursors.set(three as never, 7);
    expect([one, two, three].map((id) => cursors.get(id as never))).toEqual([6, 0, 7]);
  });
});
