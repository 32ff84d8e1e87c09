import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { statusOf } from '../cluster/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import { releases, type StockClient, type StockRelease } from './clients.ts';

let directory: string;
let node: NodeProcess;
let documents = 0;
const clients: StockClient[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-interop-'));
  node = await startNodeProcess(await freePort(), ['--data', directory]);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

afterAll(async () => {
  await node.stop('SIGTERM');
  await rm(directory, { recursive: true, force: true });
});

function open(release: StockRelease, name: string): StockClient {
  const client = release(node.url, name);
  clients.push(client);
  return client;
}

const texts = (list: readonly StockClient[]): string[] => [
  ...new Set(list.map((client) => client.text().toString())),
];

const named = Object.entries(releases);

describe.each(named)('%s', (_, release) => {
  it('I1: syncs edits and deletions both ways, and what was written before it came', async () => {
    const name = `edits-${documents++}`;
    const ann = open(release, name);
    ann.text().insert(0, 'hello world');
    await eventually('ann to be in sync', () => ann.synced());
    const bob = open(release, name);
    await eventually('bob to have the text', () => bob.text().toString() === 'hello world');
    bob.text().delete(0, 6);
    await eventually('ann to have the deletion', () => ann.text().toString() === 'world');
  });

  it('I2: sends what was written offline when it comes back', async () => {
    const name = `offline-${documents++}`;
    const [ann, bob] = [open(release, name), open(release, name)];
    await eventually('both in sync', () => ann.synced() && bob.synced());
    ann.disconnect();
    await eventually('ann to be offline', () => !ann.connected());
    for (let i = 0; i < 200; i++) ann.text().insert(i, 'x');
    ann.text().delete(0, 100);
    bob.text().insert(0, 'meanwhile ');
    ann.connect();
    await eventually('both to be equal', () => texts([ann, bob]).length === 1 && ann.text().length === 110);
  });

  it('I3: shows presence, and takes it away when the client goes', async () => {
    const name = `presence-${documents++}`;
    const [ann, bob] = [open(release, name), open(release, name)];
    ann.announce({ name: 'Ann' });
    bob.announce({ name: 'Bob' });
    const sees = (client: StockClient, who: string): boolean =>
      [...client.presence().values()].some((state) => state['name'] === who);
    await eventually('each to see the other', () => sees(ann, 'Bob') && sees(bob, 'Ann'));
    bob.disconnect();
    await eventually('Bob to be gone', () => !sees(ann, 'Bob'));
    expect(sees(ann, 'Ann')).toBe(true);
  });

  it('I4: knows that everything is saved, and that is on disk', async () => {
    const name = `saved-${documents++}`;
    const ann = open(release, name);
    await eventually('in sync', () => ann.synced());
    for (let i = 0; i < 50; i++) ann.text().insert(0, 'x');
    if (ann.unsaved() !== undefined) {
      expect(ann.unsaved()).toBeGreaterThan(0);
      await eventually('everything to be saved', () => ann.unsaved() === 0);
    } else {
      const reader = open(release, name);
      await eventually('another client to see it', () => reader.text().length === 50);
    }
    // Whatever a client saw confirmed, or another client saw at all, outlives a kill.
    await node.stop('SIGKILL');
    ann.disconnect();
    for (const client of clients) client.disconnect();
    await node.start();
    const later = open(release, name);
    await eventually('the text to be there again', () => later.text().length === 50);
  });
});

describe('documents of nobody', () => {
  it('I7: are told to be empty to clients of every release, again and again, and nothing of them is written', async () => {
    const name = `nobody-${documents++}`;
    const written = async (): Promise<readonly number[]> => {
      const { store } = await statusOf(node);
      return [store.documents, store.counters.changes];
    };
    const before = await written();
    for (let round = 0; round < 2; round++) {
      const all = named.map(([, release]) => open(release, name));
      await eventually('all in sync', () => all.every((client) => client.synced()));
      for (const client of all) expect(client.document.store.clients.size).toBe(0);
      for (const client of all) client.disconnect();
      await eventually('all to be gone', () => all.every((client) => !client.connected()));
    }
    const listed = await (await fetch(`${node.http}/api/documents?prefix=${name}`)).json();
    expect(listed).toMatchObject({ documents: [] });
    expect(await written()).toEqual(before);
  });
});

describe('mixed clients', () => {
  it('I5: of every release edit one document at once', async () => {
    const name = `mixed-${documents++}`;
    const all = named.map(([, release]) => open(release, name));
    await eventually('all in sync', () => all.every((client) => client.synced()));
    for (let round = 0; round < 20; round++) {
      for (const [index, client] of all.entries()) {
        client.text().insert(Math.min(round * index, client.text().length), `${index}`);
        if (round % 5 === 4) client.text().delete(0, 1);
      }
      await new Promise(setImmediate);
    }
    const done = (): boolean =>
      texts(all).length === 1 && all.every((client) => (client.unsaved() ?? 0) === 0);
    await eventually('all to be equal and saved', done);
    expect(all[0]?.text().length).toBeGreaterThan(80);
  });

  it('I6: move a document of 2 MB and its edits', async () => {
    const name = `large-${documents++}`;
    const ann = open(releases['y-websocket 3.1'] as StockRelease, name);
    for (let i = 0; i < 40; i++) ann.text().insert(0, `${i} `.repeat(20_000));
    const length = ann.text().length;
    const others = named.map(([, release]) => open(release, name));
    await eventually(
      'all to have it',
      () => others.every((client) => client.text().length === length),
      60_000,
    );
    others[5]?.text().insert(0, 'done ');
    await eventually('all to have the edit', () => texts([ann, ...others]).length === 1, 60_000);
  });
});
