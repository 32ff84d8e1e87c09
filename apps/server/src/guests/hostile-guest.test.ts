import { createRandom, type DocumentKey, msToHybridTime, type Random, type ReplicaId } from '@hearsay/core';
import { type DocumentChange, decodeFrame, encodeFrame, type PeerMessage } from '@hearsay/gossip-sync';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { everything, GuestBench, note, writeNote } from '../testing/guest-bench.ts';
import { until } from '../testing/running-node.ts';
import type { GuestAccess } from './access.ts';

const guests = new GuestBench();
afterEach(() => guests.end());

const onlyPublic: GuestAccess = {
  admit: async ({ prefix }) =>
    prefix === 'public/' ? { isAdmitted: true, mayWrite: true } : { isAdmitted: true, mayWrite: false },
};

/** Other numbers, flags, texts and bytes of the right types, and lists cut and doubled. */
function distorted(value: unknown, random: Random, words: readonly string[]): unknown {
  if (random.chance(0.5) && typeof value !== 'object') return other(value, random, words);
  if (value instanceof Uint8Array) return random.chance(0.3) ? random.bytes(random.below(64)) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => distorted(item, random, words));
    return random.chance(0.2) ? [...items, ...items] : items.slice(random.below(2));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      name === 'type' ? field : distorted(field, random, words),
    ]),
  );
}

function other(value: unknown, random: Random, words: readonly string[]): unknown {
  if (typeof value === 'number') return random.pick([0, 1, value + 1, 2 ** 31, 2 ** 53 - 1]);
  if (typeof value === 'boolean') return !value;
  return typeof value === 'string' ? random.pick(words) : value;
}

describe('a guest that has gone mad', () => {
  test('A124: reads and changes nothing outside of its part, fells nothing, and holds nobody up', async () => {
    const random = createRandom('mad guest');
    const { documents, port } = await guests.host(onlyPublic);
    for (const name of ['secret/a', 'secret/b', 'public/a', 'public/b']) await writeNote(documents, name);
    const secrets = async () =>
      Promise.all(['secret/a', 'secret/b'].map((name) => documents.read(note(name))));
    const before = await secrets();
    const mad = await guests.guest(port, { ...everything, prefix: 'public/' }, null);
    await writeNote(mad.documents, 'public/mine');
    await until(async () => (await documents.lookup(note('public/mine'))).phase === 'live');
    const sane = messagesOf(mad.said);
    const keys = (await documents.recent(0, 100)).entries.map(({ key }) => key);
    const words = [...keys, 'secret/a', 'secret/new', 'notes', 'other', mad.documents.identity.replicaId];
    const pool = [...sane.filter(({ channel }) => channel !== 'handshake'), ...attacks(keys)];
    for (let sent = 0; sent < 1000; ) {
      const message = random.pick(pool);
      if (message === undefined) throw new Error('there is nothing to say');
      const said = random.chance(0.3) ? message.message : distorted(message.message, random, words);
      const frame = tryEncode({ ...message, message: said } as PeerMessage);
      if (frame !== undefined && mad.say(frame)) sent++;
      // At the pace of somebody who waits for answers: a flood only ends the link.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const polite = await guests.guest(port, everything, null);
    await until(async () => (await polite.documents.lookup(note('secret/b'))).phase === 'live');
    await writeNote(documents, 'public/last');
    await until(async () => (await polite.documents.lookup(note('public/last'))).phase === 'live');
    expect(await secrets()).toEqual(before);
    expect((await documents.lookup(note('secret/new'))).phase).toBe('absent');
    const told = messagesOf(mad.heard).map((message) => JSON.stringify(message));
    expect(told.length).toBeGreaterThan(200);
    expect(told.filter((text) => text.includes('secret/'))).toEqual([]);
    expect(documents.status()).toMatchObject({ state: 'ready', damagedDocuments: 0 });
  });
});

describe('a guest that makes up lives', () => {
  test('A124: none begins over one that lives, no name is used up, and what it deletes can be brought back', async () => {
    const { documents, port } = await guests.host({
      admit: async () => ({ isAdmitted: true, mayWrite: true }),
    });
    const id = note('precious');
    await writeNote(documents, 'precious');
    const before = await documents.read(id);
    const liar = await guests.guest(port, everything, null);
    await until(async () => (await liar.documents.lookup(id)).phase === 'live');
    let batch = 100;
    const say = async (...changes: readonly DocumentChange[]): Promise<void> => {
      const heard = liar.heard.length;
      liar.say(encodeFrame({ channel: 'documents', message: { type: 'changes', batch: ++batch, changes } }));
      await until(() => messagesOf(liar.heard.slice(heard)).some(({ message }) => message.type === 'stored'));
    };
    const ended = (life: number, more: object = {}): DocumentChange => {
      const by = '1'.repeat(32) as ReplicaId;
      const certificate = { life, deletedAt: 1, activatedAt: 1, by, clients: [], ...more };
      return { kind: 'certificate', id, certificate };
    };
    for (const life of [0, 2, 3, 4_294_967_295, 4_294_967_296, Number.MAX_SAFE_INTEGER]) {
      await say({ kind: 'update', id, life, update: lineOf('evil') });
      if (life > 3) await say(ended(life));
      await say({ kind: 'update', id: note(`new ${life}`), life, update: lineOf('evil') });
    }
    for (const stamp of [Number.MAX_SAFE_INTEGER, msToHybridTime(Date.now() + 3_600_000)]) {
      await say(ended(1, { deletedAt: stamp }), ended(1, { activatedAt: stamp }));
    }
    await say(ended(1, { clients: [2, 1] }));
    expect(await documents.read(id)).toEqual(before);
    expect((await documents.list('notes', '', 10)).map(({ name }) => name)).toEqual(['precious']);
    await say(ended(1), ended(1000), { kind: 'update', id, life: 1001, update: lineOf('evil') });
    expect(await documents.lookup(id)).toMatchObject({ phase: 'live', life: 1001 });
    await documents.deleteDocument(id, msToHybridTime(Date.now()), documents.identity.replicaId);
    const again = await documents.submit(id, lineOf('again'), { kind: 'local' }, 1002);
    expect(again).toMatchObject({ ok: true });
    await writeNote(documents, 'dear');
    const dear = note('dear');
    const deletion = ended(1);
    if (deletion.kind === 'certificate') await say({ ...deletion, id: dear });
    expect(await documents.lookup(dear)).toMatchObject({ phase: 'deleted' });
    expect(await documents.undelete(dear)).toMatchObject({ ok: true, value: { life: 2 } });
  });
});

function lineOf(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

/** What somebody would ask who has guessed names. */
function attacks(keys: readonly DocumentKey[]): PeerMessage[] {
  const id = note('secret/a');
  const certificate = { life: 1, deletedAt: 1, activatedAt: 1, by: '1'.repeat(32) as ReplicaId, clients: [] };
  const descriptions = keys.map((key) => ({ key, life: 0, sketch: null, ended: null }));
  const deletion: DocumentChange = { kind: 'certificate', id, certificate };
  const entries = keys.map((key) => ({ key, digest: null }));
  const mail = [{ sequence: 1, change: deletion }];
  return [
    { channel: 'documents', message: { type: 'describe', batch: 1, mode: 'push-pull', descriptions } },
    { channel: 'documents', message: { type: 'changes', batch: 2, changes: [deletion] } },
    { channel: 'mail', message: { type: 'delivery', number: 1, through: 1, entries: mail } },
    { channel: 'repair', message: { type: 'offer', session: 1, entries } },
    { channel: 'repair', message: { type: 'recentRequest', session: 1, after: 0, maxEntries: 100 } },
    { channel: 'repair', message: { type: 'rootsRequest', session: 1, after: '' } },
  ];
}

function messagesOf(frames: readonly Uint8Array[]): PeerMessage[] {
  return frames.flatMap((frame) => {
    const decoded = decodeFrame(frame);
    return decoded.ok && decoded.value !== null ? [decoded.value] : [];
  });
}

/** Undefined for what the codec of an honest node does not write. */
function tryEncode(message: PeerMessage): Uint8Array | undefined {
  try {
    return encodeFrame(message);
  } catch {
    return undefined;
  }
}
