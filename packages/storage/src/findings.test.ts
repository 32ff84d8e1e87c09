import { documentKey } from '@hearsay/core';
import { expect, it } from 'vitest';
import { unwrap } from './contract/fixture.ts';
import type { StoreFinding } from './findings.ts';
import { documentKeyBytes, indexRootKey, outboxKey, tailKey } from './keys.ts';
import { createAuthor } from './testing/author.ts';
import { idOf, local, memoryDatabase, memoryOptions, opened } from './testing/stores.ts';

it('S31: damage is told once, when it is found: at the opening, or by whoever reads it first', async () => {
  const disk = memoryDatabase();
  const findings: StoreFinding[] = [];
  const options = memoryOptions({
    openDatabase: () => disk,
    found: (finding) => void findings.push(finding),
  });
  const before = await opened(options);
  const [a, b] = [createAuthor(1), createAuthor(2)];
  for (let turn = 0; turn < 4; turn++) {
    unwrap(await before.submit(idOf('a'), a.type('a'), local));
    unwrap(await before.submit(idOf('b'), b.type('b'), local));
  }
  await before.roots();
  await before.close();
  expect(findings).toEqual([]);
  await disk.open();
  // Two batches are missing from the middle, and a tail record with them; the root of the index cannot be read.
  for (const sequence of [3, 4]) await disk.del(outboxKey(sequence, 1));
  await disk.del(tailKey(documentKeyBytes(documentKey(idOf('a'))), 2));
  await disk.put(indexRootKey('default'), Uint8Array.of(1, 2, 3));
  await disk.close();
  const store = await opened(options);
  await store.idle();
  expect(findings).toEqual([
    { code: 'RECORD_DAMAGED', count: 1 },
    { code: 'LOG_HOLE', count: 1 },
    { code: 'CHANGES_MISSING', count: 2 },
    { code: 'INDEX_REBUILT', count: 1 },
  ]);
  findings.splice(0);
  for (let reading = 0; reading < 2; reading++) expect((await store.read(idOf('a'))).ok).toBe(false);
  await store.scrub(100);
  const damage = { code: 'DOCUMENT_DAMAGED', key: documentKey(idOf('a')), id: idOf('a'), reason: 'HOLE' };
  expect(findings).toEqual([damage]);
  await store.close();
  findings.splice(0);
  await (await opened(options)).close();
  expect(findings).toEqual([]);
});
