import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../contract/fixture.ts';
import { createAuthor } from '../testing/author.ts';
import { databaseFiles, isOnDisk, nodeOptions, openedNode, withDirectory } from '../testing/directories.ts';
import type { FlipOutcome } from '../testing/flipped-process.ts';
import { idOf, local, peerId } from '../testing/stores.ts';
import { heal, requireNoLies, twins } from '../testing/twins.ts';
import { type NodeStoreOptions, openNodeStore } from './open-node-store.ts';

/** Flips one bit of a file, in a copy of the directory; gives the directory that the copy lies in. */
async function flippedCopy(options: NodeStoreOptions, path: string, place: number): Promise<string> {
  const flipped = await readFile(path);
  const at = Math.floor(flipped.byteLength * place);
  flipped[at] = (flipped[at] ?? 0) ^ 16;
  const parent = `${options.directory}-${at}`;
  const { directory } = nodeOptions(parent);
  await cp(options.directory, directory, { recursive: true });
  await writeFile(path.replace(options.directory, directory), flipped);
  return parent;
}

/** What became of the first ones: of all, unless LevelDB ended the process. */
async function liveOn(parents: readonly string[]): Promise<readonly FlipOutcome[]> {
  const child = fork(program, parents, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const told: FlipOutcome[] = [];
  child.on('message', (outcome: FlipOutcome) => told.push(outcome));
  const [code, signal] = await once(child, 'close');
  if (signal === 'SIGABRT' && said.includes('Assertion')) return [...told, 'ended'];
  if (code !== 0) throw new Error(`${parents[told.length]}: ended with ${code}\n${said}`);
  return told;
}

/** Processes run what was built. */
const program = fileURLToPath(new URL('../../dist/testing/flipped-process.js', import.meta.url));

async function outcomesOfFlips(
  options: NodeStoreOptions,
  path: string | undefined,
): Promise<Readonly<Record<FlipOutcome, number>>> {
  if (path === undefined) throw new Error('no file');
  const outcomes: Record<FlipOutcome, number> = {
    refused: 0,
    unreadable: 0,
    healed: 0,
    unharmed: 0,
    ended: 0,
  };
  const left: string[] = [];
  for (let place = 0.025; place < 1; place += 0.05) left.push(await flippedCopy(options, path, place));
  while (left.length > 0) {
    const told = await liveOn(left);
    expect(told.length).toBeGreaterThan(0);
    left.splice(0, told.length);
    for (const outcome of told) outcomes[outcome]++;
  }
  return outcomes;
}

describe('disk damage', () => {
  it('S19: a bit flipped anywhere in the log: nothing wrong is served, and peers heal it', async () => {
    await withDirectory(async (directory) => {
      const { options } = await twins(directory);
      const [path] = await databaseFiles(options, '.log');
      const outcomes = await outcomesOfFlips(options, path);
      expect([outcomes.unreadable, outcomes.ended]).toEqual([0, 0]);
      // A lost batch may have held nothing but what later ones wrote again.
      expect(outcomes.unharmed).toBeLessThan(4);
      expect(outcomes.healed).toBeGreaterThan(5);
    });
  });

  it('S19, S31: a page of zeros in the log: refused, or said how many changes are missing, nothing wrong is served, and peers heal it', async () => {
    await withDirectory(async (directory) => {
      const { options, copy } = await twins(directory);
      const [path] = await databaseFiles(options, '.log');
      if (path === undefined) throw new Error('no log');
      const whole = await readFile(path);
      let opened = 0;
      for (const place of [0.1, 0.3, 0.5, 0.7, 0.9]) {
        const page = Math.floor((whole.byteLength * place) / 4096) * 4096;
        const zeroed = { ...options, directory: `${options.directory}-${page}` };
        await cp(options.directory, zeroed.directory, { recursive: true });
        await writeFile(path.replace(options.directory, zeroed.directory), whole.fill(0, page, page + 4096));
        whole.set(await readFile(path));
        const codes: string[] = [];
        const store = await openNodeStore({ ...zeroed, found: ({ code }) => void codes.push(code) });
        if (!store.ok) {
          expect(['STORE_EMPTY', 'STORE_TAIL_LOST', 'STORE_SHRUNK']).toContain(store.error.code);
          continue;
        }
        opened++;
        await requireNoLies(store.value);
        expect(codes).toEqual(expect.arrayContaining(['LOG_HOLE', 'CHANGES_MISSING', 'INDEX_REBUILT']));
        expect(store.value.status().counters.changesMissing).toBeGreaterThan(0);
        await heal(store.value, copy);
        expect(await store.value.roots()).toEqual(await copy.roots());
        await store.value.close();
      }
      expect(opened).toBeGreaterThan(0);
    });
  });

  it('S19: a bit flipped anywhere in a table: nothing wrong is served, and peers heal most of it', async () => {
    await withDirectory(async (directory) => {
      const { options } = await twins(directory);
      const first = await openedNode(options);
      await first.erase();
      await first.close();
      const [path] = await databaseFiles(options, '.ldb');
      const outcomes = await outcomesOfFlips(options, path);
      expect(outcomes.unreadable + outcomes.ended).toBeLessThan(5);
      expect(outcomes.healed).toBeGreaterThan(5);
    });
  });

  it('S14: what is deleted is gone from the files after erasing', async () => {
    await withDirectory(async (directory) => {
      const options = nodeOptions(directory);
      const store = await openedNode(options);
      const [one, two] = [createAuthor(1), createAuthor(2)];
      unwrap(await store.submit(idOf('gone'), one.type('SECRET-OF-A-DOCUMENT'), local));
      unwrap(await store.submit(idOf('edited'), two.type('SECRET-OF-A-SENTENCE'), local));
      unwrap(await store.submit(idOf('edited'), two.erase(0, 20), local));
      unwrap(await store.submit(idOf('edited'), two.type('PUBLIC'), local));
      expect(await isOnDisk(options, 'SECRET-OF-A-DOCUMENT')).toBe(true);
      expect(await isOnDisk(options, 'SECRET-OF-A-SENTENCE')).toBe(true);
      unwrap(await store.deleteDocument(idOf('gone'), 1, peerId(1)));
      expect(await store.compact(idOf('edited'))).toBe(true);
      await store.erase();
      for (let opening = 0; opening < 2; opening++) {
        expect(await isOnDisk(options, 'SECRET')).toBe(false);
        expect(await isOnDisk(options, 'PUBLIC')).toBe(true);
        if (opening === 0) await store.close();
      }
    });
  });
});
