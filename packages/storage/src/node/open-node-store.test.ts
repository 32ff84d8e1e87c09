import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAuthor } from '../testing/author.ts';
import { idOf, local, promptTimers } from '../testing/stores.ts';
import { openNodeStore } from './open-node-store.ts';

describe('node store', () => {
  it('S1: smoke', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hearsay-'));
    const options = {
      directory: join(directory, 'a'),
      cluster: 'x',
      clock: { now: () => 1 },
      timers: { set: () => () => {} },
    };
    const first = await openNodeStore(options);
    if (!first.ok) throw new Error(first.error.message);
    expect(await openNodeStore(options)).toMatchObject({ error: { code: 'STORE_LOCKED' } });
    const author = createAuthor(1);
    await first.value.submit(idOf('a'), author.type('abc'), local);
    const roots = await first.value.roots();
    await first.value.close();
    const again = await openNodeStore(options);
    if (!again.ok) throw new Error(again.error.message);
    expect(await again.value.roots()).toEqual(roots);
    expect(again.value.identity.incarnation).toBe(2);
    await again.value.erase();
    await again.value.close();
    expect((await stat(options.directory)).mode & 0o777).toBe(0o700);
    await rm(join(directory, 'a', 'db'), { recursive: true });
    expect(await openNodeStore(options)).toMatchObject({ error: { code: 'STORE_MISSING' } });
    await rm(directory, { recursive: true });
    promptTimers;
  });
});
