import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { Hearsay } from '../../embedded/create-hearsay.ts';
import { Bench, until } from '../../testing/running-node.ts';
import { runCli } from '../program.ts';

const bench = new Bench();

afterEach(() => bench.end());

interface Run {
  readonly done: Promise<number>;
  readonly out: () => string;
  readonly err: () => string;
  readonly stop: AbortController;
  /** What somebody types. */
  readonly typed: PassThrough;
}

function run(isTTY: boolean, ...arguments_: string[]): Run {
  const stop = new AbortController();
  const [stdout, stderr, typed] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = { out: '', err: '' };
  stdout.on('data', (chunk) => {
    texts.out += String(chunk);
  });
  stderr.on('data', (chunk) => {
    texts.err += String(chunk);
  });
  const stdin = Object.assign(typed, { isTTY });
  const done = runCli({ arguments: arguments_, environment: {}, stdin, stdout, stderr, stop: stop.signal });
  return { done, out: () => texts.out, err: () => texts.err, stop, typed };
}

async function filled(documents: number): Promise<Hearsay> {
  const node = await bench.node();
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x');
  const update = Y.encodeStateAsUpdate(doc);
  const names = Array.from({ length: documents }, (_, at) => `n${at}`);
  await Promise.all(
    names.map((name) => node.store.submit({ collection: 'default', name }, update, { kind: 'local' })),
  );
  return node;
}

const names = async (node: Hearsay): Promise<number> => (await node.store.list('default', '', 10_000)).length;

describe('hearsay delete and undelete of many', () => {
  test('A202: a dry run counts, --yes deletes without a question, and what is deleted is brought back', async () => {
    const node = await filled(30);
    const where = ['--node', node.httpUrl];
    const dry = run(false, 'delete', '--prefix', 'n1', '--dry-run', ...where);
    expect(await dry.done).toBe(0);
    expect(dry.out()).toContain('would delete 11 documents of collection "default"');
    expect(await names(node)).toBe(30);
    const some = run(false, 'delete', '--prefix', 'n1', '--yes', ...where);
    expect(await some.done).toBe(0);
    expect(some.out()).toContain('deleted 11 documents');
    expect(await names(node)).toBe(19);
    const again = run(false, 'delete', '--prefix', 'n1', '--yes', ...where);
    expect(await again.done).toBe(0);
    expect(again.out()).toContain('nothing to delete');
    const all = run(false, 'delete', '--all', '--yes', '--json', ...where);
    expect(await all.done).toBe(0);
    expect(JSON.parse(all.out())).toEqual({ documents: 19, failed: [], complete: true });
    expect(all.err()).toContain('100 %');
    const back = run(false, 'undelete', '--all', '--yes', ...where);
    expect(await back.done).toBe(0);
    expect(back.out()).toContain('brought back 30 documents');
    expect(await names(node)).toBe(30);
    expect(bench.logged.match(/"code":"AUDIT"/g)?.length).toBeGreaterThan(4);
  });

  test('A202: it asks for the number of documents, and does nothing on any other answer', async () => {
    const node = await filled(12);
    const where = ['--node', node.httpUrl];
    const unasked = run(false, 'delete', '--all', ...where);
    expect(await unasked.done).toBe(64);
    for (const answer of ['yes', '11', '']) {
      const refused = run(true, 'delete', '--all', ...where);
      await until(() => refused.err().includes('12'));
      if (answer === '') refused.typed.end();
      else refused.typed.write(`${answer}\n`);
      expect(await refused.done).toBe(64);
      expect(refused.err()).toContain('NOT_CONFIRMED');
    }
    expect(await names(node)).toBe(12);
    const meant = run(true, 'delete', '--all', ...where);
    await until(() => meant.err().includes('12'));
    meant.typed.write('12\n');
    expect(await meant.done).toBe(0);
    expect(await names(node)).toBe(0);
  });

  test('A202: stopped in the middle it tells how far it came, and run again it goes on', async () => {
    const node = await filled(1500);
    const where = ['--node', node.httpUrl];
    const broken = run(false, 'delete', '--all', '--yes', ...where);
    await until(async () => (await names(node)) < 1500);
    broken.stop.abort('SIGINT');
    expect(await broken.done).toBe(130);
    const left = await names(node);
    expect(left).toBeGreaterThan(0);
    expect(broken.out()).toContain(`deleted ${1500 - left} documents`);
    expect(broken.err()).toContain('run it again to go on');
    const rest = run(false, 'delete', '--all', '--yes', ...where);
    expect(await rest.done).toBe(0);
    expect(rest.out()).toContain(`deleted ${left} documents`);
  });

  test('A202: which documents are meant is said in one way', async () => {
    for (const wrong of [[], ['a', '--all'], ['--prefix', 'a', '--all'], ['--prefix', '']]) {
      for (const command of ['delete', 'undelete']) {
        const refused = run(false, command, ...wrong, '--yes', '--node', 'http://127.0.0.1:1');
        expect(await refused.done).toBe(64);
      }
    }
    expect(await run(false, 'delete', '--all', '--life', '1', '--node', 'http://127.0.0.1:1').done).toBe(64);
  });
});
