import { ByteWriter, documentKey, err, limits, ok, taggedError } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { type LargeLogs, largeLogsInline } from './large-logs.ts';
import type { DocumentStore } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened } from './testing/stores.ts';

const id = idOf('large');

/** A megabyte and a half in small updates. */
async function fill(store: DocumentStore): Promise<void> {
  const author = createAuthor(1);
  const typed = Array.from({ length: 1500 }, (_, at) => author.type(`${at} `.padEnd(1000, 'abc')));
  for (const outcome of await Promise.all(typed.map((update) => store.submit(id, update, local))))
    unwrap(outcome);
}

async function scrubbed(store: DocumentStore): Promise<number> {
  for (let damaged = 0; ; ) {
    const report = await store.scrub(10);
    damaged += report.damaged;
    if (report.complete) return damaged;
  }
}

const later: NonNullable<Parameters<typeof memoryOptions>[0]>['compact'] = async () =>
  err(taggedError('NOT_NOW', 'not now'));

describe('large documents', () => {
  test('S95: whoever reads a long log reads it in turns: for its first use, for its contents, and to look for damage', async () => {
    let turns = 0;
    const options = memoryOptions({
      compact: later,
      nextTurn: async () => {
        turns++;
      },
    });
    const first = await opened(options);
    await fill(first);
    await first.close();
    const store = await opened(options);
    await store.idle();
    const during = async (act: () => Promise<unknown>): Promise<number> => {
      const before = turns;
      await act();
      return turns - before;
    };
    expect(await during(() => store.lookup(id))).toBeGreaterThan(8);
    expect(await during(() => store.read(id))).toBeGreaterThan(0);
    expect(await during(() => scrubbed(store))).toBeGreaterThan(8);
    await store.close();
  });

  test('S95: a backup tells a large document in chunks, so that whoever takes them has turns in between', async () => {
    const store = await opened(memoryOptions({ compact: later }));
    await fill(store);
    const sizes: number[] = [];
    for await (const { byteLength } of store.backup()) sizes.push(byteLength);
    expect(sizes.filter((size) => size > 200_000).length).toBeGreaterThan(4);
    expect(Math.max(...sizes)).toBeLessThan(264_000);
    await store.close();
  });

  test('S95: a large snapshot is looked at apart; one that is not what is noted is damaged, and of one that could not be looked at nothing is said', async () => {
    let version: LargeLogs['version'] = largeLogsInline.version;
    let looks = 0;
    const largeLogs: LargeLogs = {
      ...largeLogsInline,
      version(update) {
        looks++;
        return version(update);
      },
    };
    const store = await opened(memoryOptions({ largeLogs }));
    await fill(store);
    await store.compact(id);
    await store.idle();
    looks = 0;
    expect([await scrubbed(store), looks]).toEqual([0, 1]);
    version = async () => err(taggedError('OVERLOADED', 'busy', true));
    expect([await scrubbed(store), looks]).toEqual([0, 2]);
    version = async () => ok(null);
    expect(await scrubbed(store)).toBe(1);
    expect(store.damaged()).toMatchObject([{ key: documentKey(id), reason: 'INCONSISTENT' }]);
    await store.close();
  });

  test('S96: deletes count in what documents take in memory, and make room for others; the one in use stays', async () => {
    const store = await opened(memoryOptions({ compact: later, tunables: { maxOpenDocumentBytes: 50_000 } }));
    const scattered = async (name: string): Promise<void> => {
      const author = createAuthor(1);
      unwrap(await store.submit(idOf(name), author.type('x'.repeat(40_000)), local));
      for (let part = 0; part < 10; part++) {
        const deletes = new ByteWriter().varUint(0).varUint(1).varUint(1).varUint(2000);
        for (let at = 0; at < 2000; at++) deletes.varUint(2 * (2000 * part + at)).varUint(1);
        unwrap(await store.submit(idOf(name), deletes.finish(), local));
      }
    };
    await scattered('one');
    const alone = store.status().openDocumentBytes;
    expect(alone).toBeGreaterThan(40_000);
    await scattered('two');
    await scattered('three');
    expect(store.status().openDocumentBytes).toBeLessThan(1.5 * alone);
    expect(await scrubbed(store)).toBe(0);
    await store.close();
  });

  test('S97: a document of more structs than one update may have is brought back', async () => {
    const store = await opened(memoryOptions({ keepsDeleted: true, compact: later }));
    const perUpdate = limits.structsPerUpdate / 4;
    for (let clock = 0; clock <= limits.structsPerUpdate; clock += perUpdate) {
      // Each in front of the one before, so that they never become one.
      const update = new ByteWriter(8 * perUpdate).varUint(1).varUint(perUpdate).varUint(1).varUint(clock);
      for (let at = clock; at < clock + perUpdate; at++) {
        if (at === 0) update.byte(4).varUint(1).varString('text').varString('x');
        else
          update
            .byte(0x44)
            .varUint(1)
            .varUint(at - 1)
            .varString('x');
      }
      unwrap(await store.submit(id, update.varUint(0).finish(), local));
    }
    const before = unwrap(await store.read(id));
    unwrap(await store.deleteDocument(id, 1, store.identity.replicaId));
    expect(unwrap(await store.undelete(id))).toMatchObject({ life: 2, novel: true });
    const after = unwrap(await store.read(id));
    expect([after?.life, after?.version]).toEqual([2, before?.version]);
    await store.close();
  });
});
