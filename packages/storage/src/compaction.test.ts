import { documentKey, err, ok, taggedError } from '@hearsay/core';
import { contentHash, documentJson } from '@hearsay/document';
import { describe, expect, it } from 'vitest';
import { compactInline } from './compaction.ts';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import type { CompactPort } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { until } from './testing/gate.ts';
import { idOf, local, memoryOptions, opened, peerId } from './testing/stores.ts';

/** A port that waits until it is let go. */
function slowPort(): { readonly port: CompactPort; readonly calls: number; go(): void } {
  const waiting: (() => void)[] = [];
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    go() {
      for (const resolve of waiting.splice(0)) resolve();
    },
    async port(key, updates) {
      calls++;
      const result = compactInline(key, updates);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return result;
    },
  };
}

describe('compaction', () => {
  it('S12: a long tail is compacted in the background; changes go on meanwhile and are kept', async () => {
    const slow = slowPort();
    const options = memoryOptions({ compact: slow.port, tunables: { compactTailUpdates: 10 } });
    const store = await opened(options);
    const author = createAuthor(1);
    const updates = Array.from({ length: 25 }, (_, at) =>
      at % 3 === 0 ? author.set('k', `${at}`) : author.type('x'),
    );
    for (const update of updates.slice(0, 11)) unwrap(await store.submit(idOf('a'), update, local));
    await until(() => slow.calls === 1);
    for (const update of updates.slice(11, 20)) unwrap(await store.submit(idOf('a'), update, local));
    slow.go();
    await store.idle();
    expect(store.status().counters).toMatchObject({ compactions: 1, compactionFailures: 0 });
    for (const update of updates.slice(20)) unwrap(await store.submit(idOf('a'), update, local));
    const document = unwrap(await store.read(idOf('a')));
    // The snapshot, nine updates that came meanwhile, what compaction learnt, and five.
    expect(document?.updates.length).toBe(16);
    expect(documentJson(document?.updates ?? [])).toEqual(documentJson(updates));
    expect(await store.scrub(10)).toMatchObject({ damaged: 0 });
    slow.go();
    const closing = store.close();
    slow.go();
    await closing;
    const again = await opened({ ...options, compact: compactInline });
    expect(documentJson(unwrap(await again.read(idOf('a')))?.updates ?? [])).toEqual(documentJson(updates));
    await again.close();
  });

  it('S12: replicas that compact at different times stay equal', async () => {
    const [mine, theirs] = [await opened(memoryOptions()), await opened(memoryOptions())];
    const [one, two] = [createAuthor(1), createAuthor(2)];
    const key = documentKey(idOf('a'));
    for (const value of ['a', 'b']) unwrap(await mine.submit(idOf('a'), one.set('k', value), local));
    unwrap(await theirs.submit(idOf('a'), two.set('k', 'other'), local));
    await exchange(mine, theirs, key);
    expect(await mine.compact(idOf('a'))).toBe(true);
    await exchange(theirs, mine, key);
    expect(await mine.roots()).toEqual(await theirs.roots());
    expect(await theirs.compact(idOf('a'))).toBe(true);
    expect(await mine.roots()).toEqual(await theirs.roots());
    const [a, b] = await Promise.all(
      [mine, theirs].map(async (store) => unwrap(await store.read(idOf('a')))),
    );
    expect(contentHash(a?.updates ?? [])).toBe(contentHash(b?.updates ?? []));
  });

  it('S12: a document that was deleted or begun anew meanwhile is left alone', async () => {
    for (const reborn of [false, true]) {
      const slow = slowPort();
      const store = await opened(memoryOptions({ compact: slow.port }));
      const author = createAuthor(1);
      for (const text of ['a', 'b']) unwrap(await store.submit(idOf('a'), author.type(text), local));
      const compacted = store.compact(idOf('a'));
      await until(() => slow.calls === 1);
      unwrap(await store.deleteDocument(idOf('a'), 1, peerId(1)));
      if (reborn) unwrap(await store.submit(idOf('a'), createAuthor(2).type('new'), local, 2));
      slow.go();
      expect(await compacted).toBe(false);
      expect(await store.lookup(idOf('a'))).toMatchObject({ phase: reborn ? 'live' : 'deleted' });
      const document = unwrap(await store.read(idOf('a')));
      expect(document && documentJson(document.updates)).toEqual(reborn ? { text: 'new' } : undefined);
      expect(await store.scrub(10)).toMatchObject({ damaged: 0 });
    }
  });

  const failures: Readonly<Record<string, CompactPort>> = {
    'that is refused': async () => err(taggedError('DOCUMENT_TOO_COSTLY', 'parked')),
    'that throws': async () => {
      throw new Error('the worker died');
    },
    'whose result says something else': async (key, updates) => compactInline(key, updates.slice(0, 1)),
    'whose result is no update': async (key, updates) =>
      ok({ ...unwrap(await compactInline(key, updates)), state: Uint8Array.of(1) }),
    'that notes another version': async (key, updates) => {
      const { version, ...compacted } = unwrap(await compactInline(key, updates));
      const other = unwrap(await compactInline(key, updates.slice(0, 1))).version;
      return ok({ ...compacted, version: { ...version, digest: other.digest } });
    },
    'that notes a version in other bytes': async (key, updates) => {
      const { version, ...compacted } = unwrap(await compactInline(key, updates));
      return ok({ ...compacted, version: { ...version, bytes: Uint8Array.of(0) } });
    },
  };
  for (const [failure, compact] of Object.entries(failures)) {
    it(`S12: a compaction ${failure} leaves the log as it is, and is not tried at every update`, async () => {
      let calls = 0;
      const port: CompactPort = (key, updates) => {
        calls++;
        return compact(key, updates);
      };
      const store = await opened(memoryOptions({ compact: port, tunables: { compactTailUpdates: 4 } }));
      const author = createAuthor(1);
      for (let at = 0; at < 30; at++) {
        unwrap(await store.submit(idOf('a'), author.type('x'), local));
        await store.idle();
      }
      const document = unwrap(await store.read(idOf('a')));
      expect(document?.updates.length).toBe(30);
      expect(documentJson(document?.updates ?? [])).toEqual({ text: 'x'.repeat(30) });
      // At 5, 10 and 20 updates.
      expect(calls).toBe(3);
      expect(store.status().counters).toMatchObject({ compactions: 0, compactionFailures: 3 });
      await store.close();
    });
  }

  it('S12: a tail found long when a document is opened is compacted then', async () => {
    const options = memoryOptions({ tunables: { compactTailUpdates: 1000 } });
    const first = await opened(options);
    const author = createAuthor(1);
    for (let at = 0; at < 20; at++) unwrap(await first.submit(idOf('a'), author.type('x'), local));
    await first.close();
    const store = await opened({ ...options, tunables: { compactTailUpdates: 10 } });
    await store.lookup(idOf('a'));
    await store.idle();
    expect(store.status().counters.compactions).toBe(1);
    expect(unwrap(await store.read(idOf('a')))?.updates.length).toBe(1);
    await store.close();
  });
});
