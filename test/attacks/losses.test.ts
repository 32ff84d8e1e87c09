import { cp, mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@hearsay/core';
import { contentHash, versionDigest, versionOfUpdate } from '@hearsay/document';
import { createHearsay } from '@hearsay/server';
import { MemoryLevel } from 'memory-level';
import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { local, named, opened, optionsOf } from './stores.ts';
import { UnreliableDatabase } from './unreliable-database.ts';

const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

describe('measured losses', () => {
  it('X1: nothing acknowledged after a failed append is lost', async () => {
    const disk = new UnreliableDatabase();
    const options = optionsOf(disk.level);
    const store = await opened(options);
    const acknowledged: string[] = [];
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      if (i === 20) disk.tearNextAppend();
      const written = await store.submit(named(`d${i}`), typed(`text ${i}`), local);
      if (written.ok) acknowledged.push(`d${i}`);
      else refused++;
      // What is refused comes again, as a client does.
      if (!written.ok) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(refused).toBeGreaterThan(0);
    expect(acknowledged.length).toBeGreaterThan(200);
    expect(disk.doomed).toBe(0);
    await store.close();
    const again = await opened(options);
    for (const name of acknowledged) expect((await again.read(named(name))).ok && name).toBe(name);
    expect(await again.list('default', '', 1000)).toHaveLength(acknowledged.length);
    await again.close();
  });

  it('X2: what was acknowledged is there after a loss of power', async () => {
    const disk = new UnreliableDatabase();
    const options = optionsOf(disk.level);
    const store = await opened(options);
    for (let i = 0; i < 50; i++)
      expect((await store.submit(named(`d${i}`), typed('x'), local)).ok).toBe(true);
    await disk.losePower();
    const again = await opened(options);
    expect(await again.list('default', '', 1000)).toHaveLength(50);
    await again.close();
  });

  it('X3: a thousand writes at once share a few syncs', async () => {
    const disk = new UnreliableDatabase();
    const store = await opened(optionsOf(disk.level));
    const before = disk.syncs;
    const writes = Array.from({ length: 1000 }, (_, i) => store.submit(named(`d${i}`), typed('x'), local));
    for (const written of await Promise.all(writes)) expect(written.ok).toBe(true);
    expect(disk.syncs - before).toBeLessThan(20);
    await store.close();
  });

  it('X4: no bit flipped in any stored value is ever served', async () => {
    const random = createRandom('flips');
    const database = new MemoryLevel<Uint8Array, Uint8Array>({
      keyEncoding: 'view',
      valueEncoding: 'view',
      storeEncoding: 'view',
    });
    const options = optionsOf(database);
    const store = await opened(options);
    const text = 'a text to be found again, whole or not at all';
    await store.submit(named('d'), typed(text), local);
    await store.close();
    await database.open();
    const records = await database.iterator().all();
    await database.close();
    let missing = 0;
    for (const [key, value] of records) {
      for (let i = 0; i < 6; i++) {
        const flipped = value.slice();
        const at = random.below(value.byteLength);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
        await database.open();
        await database.clear();
        for (const [other, whole] of records) await database.put(other, other === key ? flipped : whole);
        await database.close();
        const damaged = await opened({ ...options, sentinel: optionsOf(database).sentinel }).catch(
          () => undefined,
        );
        const read = await damaged?.read(named('d'));
        if (read?.ok && read.value !== undefined) expect(textOf(read.value.updates)).toBe(text);
        else missing++;
        await damaged?.close();
      }
    }
    expect(missing).toBeGreaterThan(5);
  });

  it.each([
    ['CURRENT is missing', (data: string) => rm(join(data, 'db', 'CURRENT'))],
    [
      'MANIFEST is cut in half',
      async (data: string) => {
        const files = await readdir(join(data, 'db'));
        const manifest = files.find((file) => file.startsWith('MANIFEST')) ?? '';
        await truncate(join(data, 'db', manifest), 30);
      },
    ],
  ])('X5: a node whose %s does not start, twice, and makes no empty store', async (_, harm) => {
    const data = await directory();
    const node = await createHearsay({ port: 0, data, logLevel: 'silent' });
    await write(node.httpUrl, node.clientUrl);
    await node.stop();
    await harm(data);
    for (let i = 0; i < 2; i++) {
      await expect(createHearsay({ port: 0, data, logLevel: 'silent' })).rejects.toMatchObject({
        code: 'STORE_DAMAGED',
      });
    }
  });

  it('X9: equal versions with other content are told apart by their content, and a copy that goes on is refused or another replica', async () => {
    const [one, two] = ['left', 'rite'].map((text) => typed(text));
    if (one === undefined || two === undefined) throw new Error('two updates');
    const [first, second] = [versionOfUpdate(one), versionOfUpdate(two)];
    if (!first.ok || !second.ok) throw new Error('two versions');
    expect(versionDigest(first.value, 1)).toBe(versionDigest(second.value, 1));
    expect(contentHash([one])).not.toBe(contentHash([two]));
    const data = await directory();
    const node = await createHearsay({ port: 0, data, logLevel: 'silent' });
    await write(node.httpUrl, node.clientUrl);
    await node.stop();
    const old = await directory();
    await cp(join(data, 'db'), join(old, 'db'), { recursive: true });
    const again = await createHearsay({ port: 0, data, logLevel: 'silent' });
    // To the same document: there are as many as before.
    await write(again.httpUrl, again.clientUrl, 'more', 8);
    await again.stop();
    await rm(join(data, 'db'), { recursive: true });
    await cp(join(old, 'db'), join(data, 'db'), { recursive: true });
    await expect(createHearsay({ port: 0, data, logLevel: 'silent' })).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
    });
  });
});

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'hearsay-losses-'));
  directories.push(made);
  return made;
}

/** Into one document, durable. */
async function write(httpUrl: string, clientUrl: string, text = 'kept', client = 7): Promise<void> {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`${clientUrl}/d`);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(Uint8Array.of(0, 0, 1, 0));
  const update = typed(text, client);
  socket.send(Uint8Array.of(0, 2, update.byteLength, ...update));
  const stored = async (): Promise<string> => (await fetch(`${httpUrl}/api/documents/default/d`)).text();
  while (!(await stored()).includes(text));
  socket.terminate();
}

function typed(text: string, client = 7): Uint8Array {
  const document = new Y.Doc();
  document.clientID = client;
  document.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(document);
}

function textOf(updates: readonly Uint8Array[]): string {
  const document = new Y.Doc();
  for (const update of updates) Y.applyUpdate(document, update);
  return document.getText('text').toString();
}
