import { hostileUpdates } from '@hearsay/document/testing/hostile-updates';
import { expect, test } from 'vitest';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryOptions, opened, peerId } from './testing/stores.ts';

test.each(hostileUpdates)(
  'S77: %s is refused of a peer as of a client, and changes nothing',
  async (_, update) => {
    const store = await opened(memoryOptions());
    const id = idOf('attacked');
    expect((await store.submit(id, createAuthor(77).type('before'), local)).ok).toBe(true);
    const before = await store.roots();
    for (const target of [id, idOf('new')]) {
      const submitted = await store.submit(target, update, local);
      const [received] = await store.receive([{ kind: 'update', id: target, life: 1, update }], peerId(1));
      const codes = [submitted, received].map((outcome) =>
        outcome?.ok === false ? outcome.error.code : 'taken',
      );
      expect(['UPDATE_MALFORMED', 'UPDATE_LIMIT']).toContain(codes[0]);
      expect(codes[1]).toBe(codes[0]);
    }
    expect(await store.roots()).toEqual(before);
    await store.close();
  },
);
