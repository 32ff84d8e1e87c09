import { PassThrough } from 'node:stream';
import { err } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createLog } from '../telemetry/log.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { Time } from '../testing/time.ts';
import { type Deletions, startDeletions } from './deletions.ts';
import { createManyDocuments, type ManyDocuments, type ManyPage } from './many-documents.ts';

interface Bench {
  readonly store: DocumentStore;
  readonly deletions: Deletions;
  readonly many: ManyDocuments;
  /** Documents of each wave. */
  readonly waves: number[];
  readonly time: Time;
  readonly lines: string[];
  names(collection?: string): Promise<string[]>;
}

const day = 86_400_000;
const whole = { collection: 'default', prefix: '', after: null, limit: 1000, run: 'r1' };

async function bench(end?: (name: string) => ReturnType<Deletions['end']> | undefined): Promise<Bench> {
  const time = new Time();
  const lines: string[] = [];
  const output = new PassThrough();
  output.on('data', (chunk) => lines.push(String(chunk)));
  const store = await memoryStore(time, { keepsDeleted: true });
  const log = createLog({ level: 'info', format: 'json', output });
  const deletions = await startDeletions({ store, ...time, log, windowMs: day });
  const waves: number[] = [];
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x');
  const update = Y.encodeStateAsUpdate(doc);
  for (const name of [...Array.from({ length: 20 }, (_, at) => `a${at + 10}`), 'b1', 'b2']) {
    for (const collection of ['default', 'notes']) {
      const stored = await store.submit({ collection, name }, update, { kind: 'local' }, 1);
      if (!stored.ok) throw new Error(stored.error.message);
    }
  }
  const many = createManyDocuments({
    store,
    deletions: { ...deletions, end: (id, run) => end?.(id.name) ?? deletions.end(id, run) },
    pace: {
      size: 4,
      wave: async (work) => {
        const before = (await store.list('default', '', 1000)).length;
        const result = await work();
        waves.push(Math.abs((await store.list('default', '', 1000)).length - before));
        return result;
      },
    },
    clock: time.clock,
  });
  const names = async (collection = 'default'): Promise<string[]> =>
    (await store.list(collection, '', 1000)).map(({ name }) => name);
  return { store, deletions, many, waves, time, lines, names };
}

function unwrap(page: Awaited<ReturnType<ManyDocuments['delete']>>): ManyPage {
  if (!page.ok) throw new Error(page.error.message);
  return page.value;
}

describe('many documents', () => {
  test('A200: those of a collection, or of a prefix in it, are deleted in waves, and brought back', async () => {
    const { many, deletions, waves, names, lines } = await bench();
    const some = { ...whole, prefix: 'a' };
    expect(await many.count('delete', some)).toEqual({ documents: 20, failed: [], next: null });
    expect(await names()).toHaveLength(22);
    expect(unwrap(await many.delete(some))).toEqual({ documents: 20, failed: [], next: null });
    expect(waves).toEqual([4, 4, 4, 4, 4]);
    expect(await names()).toEqual(['b1', 'b2']);
    expect(await names('notes')).toHaveLength(22);
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged.filter(({ run, name }) => run === 'r1' && name !== undefined)).toHaveLength(20);
    expect(unwrap(await many.delete(whole))).toEqual({ documents: 2, failed: [], next: null });
    expect((await deletions.kept(null, 1000)).documents).toHaveLength(22);
    expect(await many.count('undelete', some)).toEqual({ documents: 20, failed: [], next: null });
    expect(unwrap(await many.undelete(some))).toEqual({ documents: 20, failed: [], next: null });
    expect(await names()).toHaveLength(20);
    expect(unwrap(await many.undelete(whole))).toMatchObject({ documents: 2 });
    expect(unwrap(await many.undelete(whole))).toMatchObject({ documents: 0 });
  });

  test('A200: a page has an end, by number and by time, and the next goes on from there', async () => {
    const { many, names } = await bench();
    const first = unwrap(await many.delete({ ...whole, limit: 6 }));
    expect(first).toEqual({ documents: 6, failed: [], next: 'a15' });
    expect(unwrap(await many.delete({ ...whole, after: first.next, limit: 3 })).documents).toBe(3);
    // Begun again from the first: what is deleted is not there any more.
    expect(unwrap(await many.delete({ ...whole, limit: 5 }))).toMatchObject({ documents: 5 });
    expect(await names()).toHaveLength(8);
    const kept = unwrap(await many.undelete({ ...whole, limit: 7 }));
    expect(kept).toMatchObject({ documents: 7, next: expect.any(String) });
    expect(unwrap(await many.undelete({ ...whole, after: kept.next }))).toMatchObject({
      documents: 7,
      next: null,
    });
    const slow = await bench(() => {
      slow.time.pass(600);
      return undefined;
    });
    expect(unwrap(await slow.many.delete(whole))).toMatchObject({ documents: 4, next: 'a13' });
  });

  test('A200: what cannot be deleted is told and passed by; a node that is not ready says how far it came', async () => {
    const damaged = { code: 'DOCUMENT_DAMAGED', message: 'damaged', retry: true } as const;
    const partly = await bench((name) => (name === 'a13' ? Promise.resolve(err(damaged)) : undefined));
    expect(unwrap(await partly.many.delete(whole))).toEqual({
      documents: 21,
      failed: [{ name: 'a13', code: 'DOCUMENT_DAMAGED' }],
      next: null,
    });
    const gone = { code: 'DOCUMENT_NOT_FOUND', message: 'gone', retry: false } as const;
    const overtaken = await bench((name) => (name === 'a13' ? Promise.resolve(err(gone)) : undefined));
    expect(unwrap(await overtaken.many.delete(whole))).toMatchObject({ documents: 21, failed: [] });
    const full = { code: 'NOT_READY', message: 'the disk is full', retry: true } as const;
    const stopped = await bench((name) => (name === 'a16' ? Promise.resolve(err(full)) : undefined));
    const page = unwrap(await stopped.many.delete(whole));
    expect(page).toEqual({ documents: 7, failed: [], next: 'a13' });
    expect(await stopped.many.delete({ ...whole, after: 'a15' })).toMatchObject({
      value: { documents: 3, next: 'a15' },
    });
    const unready = await bench(() => Promise.resolve(err(full)));
    expect(await unready.many.delete(whole)).toEqual(err(full));
  });

  test('A200: a node that stops ends a page after its wave', async () => {
    const ending = await bench((name) => {
      if (name === 'a10') void ending.many.stop();
      return undefined;
    });
    expect(unwrap(await ending.many.delete(whole))).toMatchObject({ documents: 4, next: 'a13' });
  });
});
