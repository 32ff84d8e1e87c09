import { randomBytes } from 'node:crypto';
import { ByteWriter, type DocumentId, ok } from '@hearsay/core';
import { describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import { RawClient } from '../testing/raw-client.ts';
import { Bench, closeCode, until } from '../testing/running-node.ts';
import { type DocumentWriter, NewDocuments, type NewDocumentsOptions } from './new-documents.ts';

const update = Uint8Array.of(1);

/** Limits over a store of names alone. */
class Fixture {
  now = 0;
  readonly stored = new Set<string>();
  readonly #limits: NewDocuments;

  constructor(options: Partial<NewDocumentsOptions>) {
    const lookup = async ({ name }: DocumentId) => {
      return { phase: this.stored.has(name) ? 'live' : 'absent' } as never;
    };
    const roots = async () => [{ collection: 'default', count: this.stored.size }] as never;
    this.#limits = new NewDocuments(
      { perMinute: 0, perCollection: 0, ...options },
      { store: { lookup, roots }, now: () => this.now },
    );
  }

  /** The code it is refused with; null when it is stored. */
  async write(name: string, writer: Partial<DocumentWriter> = {}, bytes = update): Promise<string | null> {
    const id = { collection: 'default', name };
    const gate = this.#limits.gate(id, { address: '192.0.2.1', user: undefined, ...writer });
    const stored = await gate.write(bytes, async () => {
      await Promise.resolve();
      this.stored.add(name);
      return ok({} as never);
    });
    return stored.ok ? null : stored.error.code;
  }

  async many(count: number, prefix: string, writer: Partial<DocumentWriter> = {}): Promise<number> {
    let taken = 0;
    for (let i = 0; i < count; i++) if ((await this.write(`${prefix}${i}`, writer)) === null) taken++;
    return taken;
  }
}

describe('new documents', () => {
  test('A105: an address begins so many in a minute, its whole network counts, another has its own', async () => {
    const fixture = new Fixture({ perMinute: 5 });
    expect(await fixture.many(9, 'a')).toBe(5);
    expect(await fixture.write('late')).toBe('TOO_MANY_DOCUMENTS');
    expect(await fixture.many(9, 'b', { address: '2001:db8:0:1::1' })).toBe(5);
    expect(await fixture.write('c', { address: '2001:db8:0:1::2' })).toBe('TOO_MANY_DOCUMENTS');
    fixture.now = 12_000;
    expect(await fixture.many(9, 'd')).toBe(1);
    fixture.now = 3_600_000;
    expect(await fixture.many(9, 'e')).toBe(5);
  });

  test('A105: a user begins so many, from wherever; who is not known, of this machine, as many as they like', async () => {
    const fixture = new Fixture({ perMinute: 5 });
    expect(await fixture.many(3, 'a', { user: 'u', address: '127.0.0.1' })).toBe(3);
    expect(await fixture.many(9, 'b', { user: 'u', address: '192.0.2.7' })).toBe(2);
    expect(await fixture.many(9, 'c', { user: 'v', address: '192.0.2.7' })).toBe(3);
    expect(await fixture.many(20, 'd', { address: '::ffff:127.0.0.1' })).toBe(20);
    expect(await new Fixture({ perMinute: 0 }).many(100, 'a')).toBe(100);
  });

  test('A105: documents that are there, and what says nothing, are not counted', async () => {
    const fixture = new Fixture({ perMinute: 1 });
    expect(await fixture.write('a')).toBeNull();
    for (let i = 0; i < 9; i++) expect(await fixture.write('a')).toBeNull();
    expect(await fixture.write('nothing', {}, Uint8Array.of(0, 0))).toBeNull();
    expect(await fixture.write('b')).toBe('TOO_MANY_DOCUMENTS');
  });

  test('A110: a collection takes as many as it may hold, and not one more; those it has go on', async () => {
    const fixture = new Fixture({ perCollection: 3 });
    expect(await fixture.many(2, 'a')).toBe(2);
    expect(await fixture.write('third')).toBeNull();
    expect(await fixture.write('fourth')).toBe('COLLECTION_FULL');
    expect(await fixture.write('third')).toBeNull();
    fixture.stored.delete('a0');
    const race = await Promise.all(['x', 'y', 'z'].map((name) => fixture.write(name)));
    expect(race.filter((code) => code === null)).toHaveLength(1);
    expect(fixture.stored.size).toBe(3);
  });

  test('A105: a store that fails holds up nobody behind it, and order is kept', async () => {
    const order: number[] = [];
    const store = { lookup: async () => ({ phase: 'absent' }) as never, roots: async () => [] };
    const limits = new NewDocuments({ perMinute: 100, perCollection: 0 }, { store, now: () => 0 });
    const gate = limits.gate({ collection: 'default', name: 'a' }, { address: '192.0.2.1', user: undefined });
    const submit = (number: number) => async () => {
      order.push(number);
      if (number === 1) throw new Error('gone');
      return ok({} as never);
    };
    const all = [1, 2, 3, 4].map((number) => gate.write(update, submit(number)));
    const settled = await Promise.allSettled(all);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    await gate.write(update, submit(5));
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('new documents of real clients', () => {
  function edit(): Uint8Array {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'x');
    return Y.encodeStateAsUpdate(doc);
  }

  test('A106: too many in a minute close the socket with 1013 in every dialect, and over plain HTTP', async () => {
    const bench = new Bench();
    try {
      const node = await bench.node({ maxNewDocuments: 2, trustProxy: ['127.0.0.1'] });
      const headers = { 'x-forwarded-for': '192.0.2.9' };
      for (const name of ['a', 'b']) {
        const client = await RawClient.open(node, name, { headers });
        expect(await client.write(edit())).toBe(true);
        client.close();
      }
      const third = await RawClient.open(node, 'c', { headers });
      expect(await third.write(edit())).toBe(false);
      await until(() => third.closeCode !== undefined);
      expect(third.closeCode).toBe(1013);
      const stock = await bench.socket(node, '/d', headers);
      stock.send(Uint8Array.of(0, 2, ...[edit()].flatMap((bytes) => [bytes.length, ...bytes])));
      expect(await closeCode(stock)).toBe(1013);
      const sessions = `${node.httpUrl}/sync/sessions`;
      const created = await fetch(sessions, { method: 'POST', headers });
      const { session } = (await created.json()) as { session: string };
      const login = new ByteWriter(16).varString('f').varUint(2).varUint(0).varString('t').finish();
      const said = new ByteWriter(16).varString('f').varUint(0).varUint(2).varBytes(edit()).finish();
      await fetch(`${sessions}/${session}/frames`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: Uint8Array.from(new ByteWriter(64).varBytes(login).varBytes(said).finish()),
      });
      let heard = await fetch(`${sessions}/${session}/frames`, { headers });
      while (heard.status === 200) heard = await fetch(`${sessions}/${session}/frames`, { headers });
      expect([heard.status, await heard.json()]).toMatchObject([410, { code: 1013 }]);
      const again = await RawClient.open(node, 'a', { headers });
      expect(await again.write(edit())).toBe(true);
      again.close();
      const other = await RawClient.open(node, 'e', { headers: { 'x-forwarded-for': '192.0.2.10' } });
      expect(await other.write(edit())).toBe(true);
      other.close();
    } finally {
      await bench.end();
    }
  });

  test('A111: a full collection refuses new documents for good, says so, and takes all that its peers have', async () => {
    const bench = new Bench();
    try {
      const secret = randomBytes(32).toString('hex');
      const full = await bench.node({ maxCollectionDocuments: 2, secret, repairInterval: 100 });
      for (const name of ['a', 'b']) {
        const client = await RawClient.open(full, name);
        expect(await client.write(edit())).toBe(true);
        client.close();
      }
      const third = await RawClient.open(full, 'c');
      expect(await third.write(edit())).toBe(false);
      expect(third.closeReason).toMatch(/^COLLECTION_FULL: /);
      third.close();
      const stock = await bench.socket(full, '/d');
      stock.send(Uint8Array.of(0, 2, ...[edit()].flatMap((bytes) => [bytes.length, ...bytes])));
      expect(await closeCode(stock)).toBe(4413);
      const peer = await bench.node({ secret, join: [full.peerUrl], repairInterval: 100 });
      for (const name of ['c', 'd']) {
        const client = await RawClient.open(peer, name);
        expect(await client.write(edit())).toBe(true);
        client.close();
      }
      await until(async () => (await full.store.list('default', '', 10)).length === 4);
      await until(async () => (await peer.store.list('default', '', 10)).length === 4);
    } finally {
      await bench.end();
    }
  });

  test('A105: writers of a document that is there do not wait for each other: they share a sync', async () => {
    const store = { lookup: async () => ({ phase: 'live' }) as never, roots: async () => [] };
    const gates = new NewDocuments({ perMinute: 5, perCollection: 0 }, { store, now: () => 0 });
    const gate = gates.gate({ collection: 'c', name: 'a' }, { address: '192.0.2.7', user: undefined });
    let submitted = 0;
    for (let i = 0; i < 10; i++) {
      void gate.write(Uint8Array.of(1, 1, 1), () => {
        submitted++;
        return new Promise(() => {});
      });
    }
    await vi.waitUntil(() => submitted === 10);
    expect(submitted).toBe(10);
  });
});
