import { once } from 'node:events';
import { guestPath, guestSubprotocol } from '@hearsay/gossip-sync';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { everything, GuestBench, note, writeNote } from '../testing/guest-bench.ts';
import { Bench, closeCode, until } from '../testing/running-node.ts';
import type { GuestAccess } from './access.ts';
import { GuestCursors } from './guest-cursors.ts';

const guests = new GuestBench();
afterEach(() => guests.end());

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
      const { documents, port } = await guests.host(access);
      await writeNote(documents, 'public/a');
      const refused = await guests.guest(port, { ...everything, prefix }, token);
      await until(() => refused.events.some(({ type }) => type === 'dialFailed'));
      expect(refused.events.at(-1)).toMatchObject({ type: 'dialFailed', reason: why, code: 4407 });
      expect(refused.documents.status().documents).toBe(0);
      expect(refused.welcomes).toEqual([]);
    },
  );

  test('A120: who may only read reads, and nothing it sends is stored', async () => {
    const { documents, port } = await guests.host(access);
    for (const name of ['public/a', 'secret/b']) await writeNote(documents, name);
    const reader = await guests.guest(port, { ...everything, prefix: 'public/' }, 'reader');
    await until(() => reader.documents.status().documents === 1);
    expect(reader.welcomes).toEqual([{ cluster: 'home', mayWrite: false }]);
    await writeNote(reader.documents, 'public/mine');
    await writeNote(reader.documents, 'secret/b');
    // Both ways on: its mail is answered, and it is mailed.
    await until(() => reader.node.status().counters['received mail.receipt'] !== undefined);
    await writeNote(documents, 'public/c');
    await until(async () => (await reader.documents.lookup(note('public/c'))).phase === 'live');
    expect((await documents.list('notes', '', 10)).map(({ name }) => name)).toEqual([
      'public/a',
      'public/c',
      'secret/b',
    ]);
  });

  test('A120: who may write writes inside of what it was let in for, and nowhere else', async () => {
    const { documents, port } = await guests.host(access);
    await writeNote(documents, 'secret/b');
    const before = await documents.roots();
    const writer = await guests.guest(port, { ...everything, prefix: 'public/' }, 'writer');
    await writeNote(writer.documents, 'secret/b');
    await writeNote(writer.documents, 'secret/new');
    await writer.documents.deleteDocument(note('secret/b'), 4096, writer.documents.identity.replicaId);
    await writeNote(writer.documents, 'public/mine');
    await until(async () => (await documents.lookup(note('public/mine'))).phase === 'live');
    const deletion = await documents.deleteDocument(note('public/mine'), 4096, documents.identity.replicaId);
    expect(deletion.ok).toBe(true);
    expect((await documents.list('notes', '', 10)).map(({ name }) => name)).toEqual(['secret/b']);
    expect((await documents.roots())[0]?.count).toBe((before[0]?.count ?? 0) + 1);
  });
});

describe('access that changes', () => {
  test('A123: a token that is revoked ends the link; what was taken is kept, and no more comes', async () => {
    let isRevoked = false;
    const { documents, port } = await guests.host({
      admit: async () =>
        isRevoked ? { isAdmitted: false, reason: 'revoked' } : { isAdmitted: true, mayWrite: true },
    });
    const revoked = await guests.guest(port, everything, 'token');
    await writeNote(documents, 'before');
    await until(async () => (await revoked.documents.lookup(note('before'))).phase === 'live');
    isRevoked = true;
    await until(() => revoked.events.some(({ type }) => type === 'peerUnlinked'));
    expect(revoked.events.find(({ type }) => type === 'peerUnlinked')).toMatchObject({
      code: 4407,
      reason: 'revoked',
    });
    await writeNote(documents, 'after');
    await writeNote(revoked.documents, 'mine');
    expect((await documents.list('notes', '', 9)).map(({ name }) => name)).toEqual(['after', 'before']);
    expect((await revoked.documents.lookup(note('after'))).phase).toBe('absent');
  });

  test('A123: one that may only read from now on is told so by a new link', async () => {
    let mayWrite = true;
    const { port } = await guests.host({ admit: async () => ({ isAdmitted: true, mayWrite }) });
    const demoted = await guests.guest(port, everything, 'token');
    await until(() => demoted.welcomes.length > 0);
    mayWrite = false;
    await until(() => demoted.welcomes.length > 1);
    expect(demoted.welcomes.map((welcome) => welcome.mayWrite)).toEqual([true, false]);
  });

  test('A123: a judge who fails lets nobody in, and says to come back', async () => {
    const { port } = await guests.host({ admit: () => Promise.reject(new Error('no connection')) });
    const unlucky = await guests.guest(port, everything, 'token');
    await until(() => unlucky.events.some(({ type }) => type === 'dialFailed'));
    expect(unlucky.events.at(-1)).toMatchObject({ code: 4530, reason: 'the node cannot tell now' });
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
