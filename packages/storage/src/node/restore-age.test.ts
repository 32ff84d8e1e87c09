import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8Decode } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import type { DatabaseFactory } from '../database.ts';
import { createAuthor } from '../testing/author.ts';
import { backUp } from '../testing/backups.ts';
import { nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import { ioError } from '../testing/faulty-database.ts';
import { idOf, local } from '../testing/stores.ts';
import { restoredRecord, restoreStore } from './restore-store.ts';

/** Every batch that holds the age of a backup fails. */
function withoutAge(factory: DatabaseFactory): DatabaseFactory {
  return (options) =>
    new Proxy(factory(options), {
      get(target, property) {
        const member: unknown = Reflect.get(target, property, target);
        if (typeof member !== 'function') return member;
        if (property !== 'batch') return member.bind(target);
        return () => failingChain(Reflect.apply(member, target, []));
      },
    });
}

function failingChain(chain: object): object {
  let holdsAge = false;
  return new Proxy(chain, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...parameters: unknown[]) => {
        if (name === 'put') holdsAge ||= Buffer.from(parameters[0] as Uint8Array).includes(restoredRecord);
        if (name === 'write' && holdsAge) return Promise.reject(ioError());
        return Reflect.apply(member, target, parameters);
      };
    },
  });
}

describe('the age of a restored store', () => {
  it('S53: where it cannot be noted nothing is restored', async () => {
    await withDirectory(async (directory) => {
      const store = await openedNode(nodeOptions(directory));
      unwrap(await store.submit(idOf('a'), createAuthor(1).type('precious'), local));
      await backUp(store, directory);
      await store.close();
      const target = join(directory, 'restored');
      const { clock, timers } = nodeOptions(directory);
      const from = join(directory, 'backup');
      const failing = await restoreStore({
        from,
        directory: target,
        clock,
        timers,
        wrapDatabase: withoutAge,
      });
      expect(failing).toMatchObject({ error: { code: 'RESTORE_FAILED' } });
      expect(await readdir(target)).toEqual([]);
      unwrap(await restoreStore({ from, directory: target, clock, timers }));
    });
  });

  it('S53: it is noted, and of the first of another cluster that it is that', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const store = await openedNode(options);
      unwrap(await store.submit(idOf('a'), createAuthor(1).type('x'), local));
      await backUp(store, directory);
      await store.close();
      const { clock, timers } = options;
      const from = join(directory, 'backup');
      for (const cluster of [undefined, options.cluster, 'another']) {
        const target = join(directory, `restored as ${cluster}`);
        const more = cluster === undefined ? {} : { cluster };
        unwrap(await restoreStore({ from, directory: target, clock, timers, ...more }));
        const restored = await openedNode({ ...nodeOptions(directory), directory: target, ...more });
        const noted = JSON.parse(utf8Decode((await restored.readState(restoredRecord)) ?? new Uint8Array()));
        expect(noted).toMatchObject({ asOf: expect.any(Number), from: store.identity.replicaId });
        expect(noted.isFirst).toBe(cluster === 'another' ? true : undefined);
        await restored.close();
      }
    });
  });
});
