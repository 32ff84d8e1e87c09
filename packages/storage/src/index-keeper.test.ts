import { expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import { createAuthor } from './testing/author.ts';
import { faultyDatabase } from './testing/faulty-database.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened } from './testing/stores.ts';

it('S10: an index that lags far behind is brought up to date without reading more than a few documents at once', async () => {
  let [underWay, most] = [0, 0];
  const database = faultyDatabase(memoryDatabase(), {
    before(operation) {
      if (operation === 'read') most = Math.max(most, ++underWay);
    },
    after(operation) {
      if (operation === 'read') underWay--;
    },
  });
  const options = memoryOptions({ openDatabase: () => database });
  const documents = 200;
  const store = await opened(options);
  for (let client = 1; client <= documents; client++) {
    unwrap(await store.submit(idOf(`doc-${client}`), createAuthor(client).type('x'), local));
  }
  await store.close();
  const again = await opened(options);
  [underWay, most] = [0, 0];
  expect(await again.roots()).toMatchObject([{ count: documents }]);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(64);
  await again.close();
});
