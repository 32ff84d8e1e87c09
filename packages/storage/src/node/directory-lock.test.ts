import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import { createAuthor } from '../testing/author.ts';
import { nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { until } from '../testing/gate.ts';
import { idOf, local } from '../testing/stores.ts';
import { storeTunables } from '../tunables.ts';
import { lockDirectory } from './directory-lock.ts';
import { openNodeStore } from './open-node-store.ts';

describe('directory lock', () => {
  it('S22: a directory in use is refused, also when LevelDB’s own lock was deleted', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const store = await openedNode(options);
      const refused = { ok: false, error: { code: 'STORE_LOCKED', retry: true } };
      expect(await openNodeStore(options)).toMatchObject(refused);
      await rm(join(options.directory, 'db', 'LOCK'));
      expect(await openNodeStore(options)).toMatchObject(refused);
      await store.close();
      await (await openedNode(options)).close();
    });
  });

  it('S22: when our lock file was deleted, LevelDB’s holds', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const store = await openedNode(options);
      await rm(join(options.directory, 'store.lock'));
      expect(await openNodeStore(options)).toMatchObject({ ok: false, error: { code: 'STORE_LOCKED' } });
      unwrap(await store.submit(idOf('a'), createAuthor(1).type('x'), local));
      await store.close();
    });
  });

  it('S22: our lock alone refuses the directory of another process as long as that lives', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const store = await openedNode(options);
      const path = join(options.directory, 'store.lock');
      const mine = JSON.parse(await readFile(path, 'utf8'));
      await store.close();
      // Nobody has LevelDB's lock now: a process that had the directory, and whose LOCK was deleted.
      const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' });
      await once(other, 'spawn');
      const stat = await readFile(`/proc/${other.pid}/stat`, 'utf8');
      const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      await writeFile(path, JSON.stringify({ ...mine, pid: other.pid, started }));
      for (let attempt = 0; attempt < 2; attempt++) {
        expect(await openNodeStore(options)).toMatchObject({ ok: false, error: { code: 'STORE_LOCKED' } });
      }
      other.stdin.end();
      await once(other, 'exit');
      await (await openedNode(options)).close();
    });
  });

  const holders: Readonly<Record<string, (mine: object) => object | string>> = {
    'a process that is no more': (mine) => ({ ...mine, pid: 2 ** 22 + 1 }),
    'a process of an earlier boot': (mine) => ({ ...mine, boot: 'earlier' }),
    'a process whose number was given to another': (mine) => ({ ...mine, started: '1' }),
    'nobody: it is empty': () => '',
    'nobody: it is nonsense': () => '{"pid":"x"}',
  };
  for (const [holder, change] of Object.entries(holders)) {
    it(`S22: a lock of ${holder} is replaced`, async () => {
      await withDirectory(async (directory) => {
        const path = join(directory, 'lock');
        unwrap(await lockDirectory(path));
        const contents = change(JSON.parse(await readFile(path, 'utf8')));
        await writeFile(path, typeof contents === 'string' ? contents : JSON.stringify(contents));
        const lock = unwrap(await lockDirectory(path));
        expect(await lock.held()).toBe(true);
        expect(await lockDirectory(path)).toMatchObject({ ok: false, error: { code: 'STORE_LOCKED' } });
        await lock.release();
        await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
      });
    });
  }

  it('S22: a deleted lock file is written again; one that was replaced is lost and left alone', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'lock');
      const lock = unwrap(await lockDirectory(path));
      await rm(path);
      expect(await lock.held()).toBe(true);
      await rm(path);
      const other = unwrap(await lockDirectory(path));
      expect(await lock.held()).toBe(false);
      await lock.release();
      expect(await other.held()).toBe(true);
    });
  });

  it('S22: who has lost the directory stops writing and says so', async () => {
    await withDirectory(async (directory) => {
      const waiting: (() => void)[] = [];
      const options = nodeOptions(directory, {
        timers: {
          set(delayMs, fire) {
            if (delayMs === storeTunables.leaseCheckMs) waiting.push(fire);
            return () => {};
          },
        },
      });
      const store = await openedNode(options);
      const author = createAuthor(1);
      unwrap(await store.submit(idOf('a'), author.type('x'), local));
      waiting.shift()?.();
      await until(() => waiting.length === 1);
      unwrap(await store.submit(idOf('a'), author.type('y'), local));
      await rm(join(options.directory, 'store.lock'));
      const other = unwrap(await lockDirectory(join(options.directory, 'store.lock')));
      waiting.shift()?.();
      await until(() => store.status().state === 'failed');
      expect(store.status().code).toBe('LEASE_LOST');
      await expect(store.read(idOf('a'))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      const late = store.submit(idOf('a'), author.type('z'), local).then((receipt) => receipt.ok);
      expect(await late.catch(() => false)).toBe(false);
      await store.close();
      expect(await other.held()).toBe(true);
    });
  });
});
