import { cp, rm } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';
import { ProviderBench, savedText, untilState, untilText } from './bench.ts';

const bench = new ProviderBench();

afterEach(() => bench.end());

describe('offline first', () => {
  test('O8: what is written offline survives the program, is there at once, and reaches the server once', async () => {
    const node = await bench.node();
    const network = await bench.network(node);
    const storage = await bench.directory();
    const first = bench.client(network.url, { storage });
    first.text.insert(0, 'online;');
    await first.provider.whenSaved();
    network.cut();
    await untilState(first, 'offline');
    for (let edit = 0; edit < 100; edit++) first.text.insert(first.text.length, `${edit},`);
    const written = first.text.toString();
    await first.provider.destroy();

    const second = bench.client(network.url, { storage });
    await second.provider.whenLoaded;
    expect(second.text.toString()).toBe(written);
    expect(second.provider.unsaved).toBe(100);
    expect(second.doc.clientID).not.toBe(first.doc.clientID);
    second.text.insert(0, 'second;');
    network.heal();
    second.provider.connect();
    await second.provider.whenSaved();
    expect(second.provider.unsaved).toBe(0);
    expect(await savedText(node)).toBe(`second;${written}`);
    await second.provider.destroy();

    const third = bench.client(network.url, { storage, connect: false });
    await third.provider.whenLoaded;
    expect(third.provider.unsaved).toBe(0);
    expect(third.provider.state.name).toBe('offline');
    expect(third.text.toString()).toBe(`second;${written}`);
  });

  test('O8: a copy of the storage that is put back goes on under a client id of its own: what is new is kept, what was sent is known', async () => {
    const node = await bench.node();
    const [storage, copy] = [await bench.directory(), await bench.directory()];
    const first = bench.client(node.clientUrl, { storage });
    first.text.insert(0, 'one;');
    await first.provider.whenSaved();
    await first.provider.destroy();
    const offline = bench.client(node.clientUrl, { storage, connect: false });
    await offline.provider.whenLoaded;
    offline.text.insert(offline.text.length, 'unsent;');
    await eventually('the edit to be kept', () => offline.provider.unsaved === 1);
    await offline.provider.destroy();
    await cp(storage, copy, { recursive: true });
    const second = bench.client(node.clientUrl, { storage });
    await second.provider.whenLoaded;
    second.text.insert(second.text.length, 'two;');
    await second.provider.whenSaved();
    await second.provider.destroy();
    expect(await savedText(node)).toBe('one;unsent;two;');
    await rm(storage, { recursive: true });
    await cp(copy, storage, { recursive: true });
    const back = bench.client(node.clientUrl, { storage, connect: false });
    await back.provider.whenLoaded;
    expect(back.text.toString()).toBe('one;unsent;');
    back.text.insert(0, 'three;');
    expect([first, offline, second].map(({ doc }) => doc.clientID)).not.toContain(back.doc.clientID);
    back.provider.connect();
    await back.provider.whenSaved();
    await untilText(back, 'three;one;unsent;two;');
    expect(await savedText(node)).toBe('three;one;unsent;two;');
    const witness = bench.client(node.clientUrl);
    await untilText(witness, 'three;one;unsent;two;');
    expect(Y.encodeStateVector(witness.doc)).toEqual(Y.encodeStateVector(back.doc));
  });

  test('O9: what the server sent is kept too; many records become one', async () => {
    const node = await bench.node();
    const storage = await bench.directory();
    const writer = bench.client(node.clientUrl);
    const keeper = bench.client(node.clientUrl, { storage });
    await untilState(writer, 'live');
    await untilState(keeper, 'live');
    for (let edit = 0; edit < 700; edit++) writer.text.insert(0, `${edit};`);
    await writer.provider.whenSaved();
    for (let edit = 0; edit < 700; edit++) keeper.text.insert(keeper.text.length, `${edit}.`);
    await keeper.provider.whenSaved();
    await untilText(writer, keeper.text.toString());
    const all = keeper.text.toString();
    await keeper.provider.destroy();
    for (const connect of [true, false]) {
      const again = bench.client(node.clientUrl, { storage, connect });
      await again.provider.whenLoaded;
      expect(again.text.toString()).toBe(all);
      expect(again.provider.unsaved).toBe(0);
      if (connect) await untilState(again, 'live');
      await again.provider.destroy();
    }
  });

  test('O10: a document deleted elsewhere is reported, kept aside, and not merged into what comes after', async () => {
    const node = await bench.node();
    const network = await bench.network(node);
    const storage = await bench.directory();
    const stale = bench.client(network.url, { storage });
    stale.text.insert(0, 'old;');
    await stale.provider.whenSaved();
    network.cut();
    await untilState(stale, 'offline');
    stale.text.insert(0, 'unsent;');
    const id = { collection: 'default', name: 'notes' };
    const removed = await node.store.deleteDocument(id, Date.now() * 4096, node.store.identity.replicaId);
    expect(removed.ok).toBe(true);
    const resets: unknown[] = [];
    stale.provider.on('reset', ({ update, reason, unsaved }) => {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, update);
      resets.push([doc.getText('text').toString(), reason, unsaved]);
    });
    const waiting = stale.provider.whenSaved();
    const failed = expect(waiting).rejects.toMatchObject({ code: 'RESET' });
    network.heal();
    await eventually('the reset', () => resets.length > 0);
    await failed;
    expect(resets).toEqual([['unsent;old;', 'deleted', 1]]);
    expect(stale.provider.state).toMatchObject({ name: 'refused', code: 'RESET' });

    const next = bench.client(network.url, { storage });
    next.text.insert(0, 'new');
    await next.provider.whenSaved();
    expect(next.text.toString()).toBe('new');
    expect(await savedText(node)).toBe('new');
    const [copy, ...others] = await next.provider.copiesAside();
    expect(others).toEqual([]);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, copy?.update ?? new Uint8Array());
    expect(doc.getText('text').toString()).toBe('unsent;old;');
    expect(copy?.unsaved).toBe(1);
    await next.provider.discardAside(copy?.id ?? -1);
    expect(await next.provider.copiesAside()).toEqual([]);
    expect(next.text.toString()).toBe('new');
  });
});

describe('several of one device', () => {
  test('O11: share one channel and what is unsaved; when the one that leads goes, another does', async () => {
    const node = await bench.node();
    const network = await bench.network(node);
    const storage = await bench.directory();
    const tabs = [1, 2, 3].map(() => bench.client(network.url, { storage }));
    const [a, b, c] = tabs;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three');
    for (const tab of tabs) await untilState(tab, 'live');
    expect(network.connections()).toBe(1);
    b.text.insert(0, 'b;');
    await untilText(a, 'b;');
    await b.provider.whenSaved();
    network.cut();
    for (const tab of tabs) await untilState(tab, 'offline');
    c.text.insert(0, 'c;');
    for (const tab of tabs) await untilText(tab, 'c;b;');
    for (const tab of tabs) await eventually('the count', () => tab.provider.unsaved === 1);
    const saved = Promise.all([b.provider.whenSaved(), c.provider.whenSaved()]);
    await a.provider.destroy();
    b.text.insert(0, 'd;');
    network.heal();
    b.provider.connect();
    await saved;
    await b.provider.whenSaved();
    expect(await savedText(node)).toBe('d;c;b;');
    await untilText(c, 'd;c;b;');
    await untilState(c, 'live');
    expect(c.provider.unsaved).toBe(0);
  });

  test('O12: who is there is told of each of them, and of none that is gone', async () => {
    const node = await bench.node();
    const storage = await bench.directory();
    const [a, b] = [1, 2].map(() => bench.client(node.clientUrl, { storage }));
    const other = bench.client(node.clientUrl);
    if (a === undefined || b === undefined) throw new Error('two');
    const seen = (): number[] => [...(other.provider.awareness?.getStates().keys() ?? [])];
    const all = [a, b, other].map(({ doc }) => doc.clientID).sort();
    await eventually('presence of three', () => seen().sort().join() === all.join());
    for (const tab of [a, b]) {
      await eventually(
        'the other',
        () => tab.provider.awareness?.getStates().has(other.doc.clientID) ?? false,
      );
    }
    await a.provider.destroy();
    await eventually('presence of two', () => !seen().includes(a.doc.clientID));
    await untilState(b, 'live');
    await eventually('presence of two', () => seen().includes(b.doc.clientID));
    expect(b.provider.awareness?.getStates().has(a.doc.clientID)).toBe(false);
  });
});
