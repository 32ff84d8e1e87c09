import { describe, expect, it } from 'vitest';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened, peerId } from './testing/stores.ts';

describe('store', () => {
  it('S1: smoke', async () => {
    const options = memoryOptions();
    let store = await opened(options);
    const author = createAuthor(7);
    const seen: number[] = [];
    store.onCommit((changes) => seen.push(...changes.map((c) => c.sequence)));
    const receipts = await Promise.all(
      ['ab', 'cd', 'ef'].map((text) => store.submit(idOf('a'), author.type(text), local)),
    );
    expect(receipts.every((r) => r.ok && r.value.novel)).toBe(true);
    expect(seen).toEqual([1, 2, 3]);
    const roots = await store.roots();
    expect(roots.length).toBe(1);
    await store.close();
    store = await opened(options);
    expect(await store.roots()).toEqual(roots);
    const read = await store.read(idOf('a'));
    expect(read.ok && read.value?.updates.length).toBe(3);
    const recent = await store.recent(0, 10);
    expect(recent).toMatchObject({ cursor: 1, complete: true });
    expect(await store.digests(recent.entries.map((e) => e.key))).toEqual(
      recent.entries.map((e) => e.digest),
    );
    const outbox = await store.outbox(0, 1e6);
    expect(outbox.entries.map((e) => e.sequence)).toEqual([1, 2, 3]);
    const other = await opened(memoryOptions());
    const [theirs] = await other.describe(recent.entries.map((e) => e.key));
    if (theirs === undefined) throw new Error();
    const diff = await store.difference(theirs);
    expect((await other.receive(diff.changes, peerId(1))).every((o) => o.ok && o.value.novel)).toBe(true);
    expect(await other.roots()).toEqual(roots);
    expect(await store.list('default', '', 10)).toMatchObject([{ name: 'a' }]);
    expect(await store.collections()).toEqual(['default']);
    expect(await store.compact(idOf('a'))).toBe(true);
    expect(await store.roots()).toEqual(roots);
    await store.deleteDocument(idOf('a'), 5, peerId(1));
    expect(await store.list('default', '', 10)).toEqual([]);
    expect(await store.lookup(idOf('a'))).toMatchObject({ phase: 'deleted', life: 1 });
    expect(await store.submit(idOf('a'), author.type('x'), local)).toMatchObject({
      ok: false,
      error: { code: 'LIFE_ENDED' },
    });
    await store.close();
  });
});
