import { createRandom, documentKey, type Random } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { exchange } from './contract/replication.ts';
import type { DocumentChange } from './replica.ts';
import type { DocumentStore } from './store-types.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, memoryOptions, opened, peerId } from './testing/stores.ts';

const id = idOf('a');
const key = documentKey(id);
const client = { kind: 'client', session: 's' } as const;

/** All that a client has written in one life. */
interface History {
  readonly life: number;
  readonly update: Uint8Array;
}

/** Three stores that write, delete and begin anew as they like, and hear of one another when they do. */
async function live(stores: readonly DocumentStore[], random: Random): Promise<readonly History[]> {
  const histories: History[] = [];
  const mail: DocumentChange[] = [];
  for (const store of stores) {
    store.onCommit((changes) => {
      for (const { life, update, certificate } of changes) {
        if (update !== null) mail.push({ kind: 'update', id, life, update });
        else if (certificate !== null) mail.push({ kind: 'certificate', id, certificate });
      }
    });
  }
  for (let step = 1; step <= 60; step++) {
    const store = random.pick(stores);
    const other = random.pick(stores);
    if (store === undefined || other === undefined) throw new Error('there are no stores');
    const draw = random.below(10);
    if (draw < 4) {
      const { phase, life } = await store.lookup(id);
      const update = createAuthor(1000 + step).type('x');
      const written = await store.submit(id, update, client, phase === 'live' ? life : life + 1);
      histories.push({ life: unwrap(written).life, update });
    } else if (draw < 6) unwrap(await store.deleteDocument(id, step, peerId(random.below(3))));
    else if (draw < 9) {
      // Late, doubled, out of turn or never.
      const heard = random.pick(mail);
      if (heard !== undefined) await store.receive([heard], other.identity.replicaId);
    } else if (store !== other) await meet(store, other);
  }
  return histories;
}

/** Repair, whatever is refused meanwhile. */
async function meet(mine: DocumentStore, theirs: DocumentStore): Promise<void> {
  await exchange(mine, theirs, key).catch(() => {});
}

describe('lives', () => {
  it('S81: whatever is heard in whatever order, all know the same in the end, and no history of an ended life is taken', async () => {
    let refused = 0;
    for (let seed = 0; seed < 60; seed++) {
      const random = createRandom(`lives ${seed}`);
      const stores = [];
      for (let store = 0; store < 3; store++) stores.push(await opened(memoryOptions()));
      const histories = await live(stores, random);
      for (let round = 0; round < 3; round++) {
        for (const mine of stores) for (const theirs of stores) if (mine !== theirs) await meet(mine, theirs);
      }
      const [first, ...others] = await Promise.all(stores.map((store) => store.roots()));
      for (const roots of others) expect(roots, `seed ${seed}`).toEqual(first);
      for (const store of stores) {
        const { phase, life: present } = await store.lookup(id);
        for (const { life, update } of histories) {
          if (life > present || (life === present && phase === 'live')) continue;
          const late = await store.submit(id, update, client);
          expect(late, `seed ${seed}, life ${life} of ${present}`).toMatchObject({
            error: { code: 'LIFE_ENDED' },
          });
          refused++;
        }
      }
      for (const store of stores) await store.close();
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
