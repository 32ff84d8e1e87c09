import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened, peerId } from './testing/stores.ts';

describe('outbox', () => {
  for (const [bound, tunables] of Object.entries({
    bytes: { maxOutboxBytes: 2000, maxRecentMailBytes: 2000 },
    entries: { maxOutboxEntries: 20, maxRecentMailBytes: 2000 },
  })) {
    it(`S11: bounded in ${bound}: the oldest are dropped and counted, the rest is there in order`, async () => {
      const options = memoryOptions({ tunables });
      let store = await opened(options);
      const author = createAuthor(1);
      for (let at = 0; at < 100; at++) {
        unwrap(await store.submit(idOf('a'), author.type('x'.repeat(80)), local));
        if (at % 7 === 0) await store.idle();
      }
      await store.idle();
      for (let opening = 0; opening < 2; opening++) {
        const { entries, cursor, dropped } = await store.outbox(0, 1_000_000);
        expect(cursor).toBe(100);
        expect(entries.length + dropped).toBe(100);
        expect(entries.length).toBeGreaterThan(10);
        expect(entries.length).toBeLessThan(30);
        expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, at) => dropped + at + 1));
        expect(await store.outbox(95, 1_000_000)).toMatchObject({ dropped: 0, cursor: 100 });
        expect(await store.outbox(100, 1_000_000)).toEqual({ entries: [], cursor: 100, dropped: 0 });
        await store.close();
        store = await opened(options);
      }
      unwrap(await store.submit(idOf('b'), createAuthor(2).type('x'), local));
      expect(await store.outboxHead()).toBe(101);
      expect((await store.outbox(100, 1000)).entries.length).toBe(1);
      await store.close();
    });
  }

  it('S11: of a document deleted meanwhile its certificate is mailed, its updates are dropped', async () => {
    const options = memoryOptions();
    const first = await opened(options);
    const author = createAuthor(1);
    for (const text of ['a', 'b']) unwrap(await first.submit(idOf('a'), author.type(text), local));
    unwrap(await first.deleteDocument(idOf('a'), 7, peerId(1)));
    unwrap(await first.submit(idOf('b'), createAuthor(2).type('b'), local));
    await first.close();
    const store = await opened(options);
    const { entries, dropped, cursor } = await store.outbox(0, 1_000_000);
    expect(entries.map(({ sequence, change }) => [sequence, change.kind])).toEqual([
      [3, 'certificate'],
      [4, 'update'],
    ]);
    expect([dropped, cursor]).toEqual([2, 4]);
    await store.close();
  });

  it('S11: pages of any size, begun anywhere, tell the same', async () => {
    const options = memoryOptions({ tunables: { maxRecentMailBytes: 9000 } });
    const store = await opened(options);
    const authors = Array.from({ length: 8 }, (_, at) => createAuthor(at + 1));
    for (let turn = 0; turn < 10; turn++) {
      const receipts = authors.map((author) =>
        store.submit(idOf(`${author.client}`), author.type('x'), local),
      );
      for (const receipt of receipts) unwrap(await receipt);
    }
    const whole = (await store.outbox(0, 1_000_000)).entries;
    expect(whole.length).toBe(80);
    for (const maxBytes of [1, 100, 333, 5000]) {
      const told = [];
      for (let cursor = 0; cursor < 80; ) {
        const page = await store.outbox(cursor, maxBytes);
        expect(page.cursor).toBeGreaterThan(cursor);
        told.push(...page.entries);
        cursor = page.cursor;
      }
      expect(told).toEqual(whole);
    }
    await store.close();
  });
});
