import type { DocumentKey } from '@hearsay/core';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import {
  createDocumentWorkers,
  type DocumentWorkers,
  type DocumentWorkersOptions,
  documentWorkerDefaults,
} from './document-workers.ts';

const open: DocumentWorkers[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((workers) => workers.close()));
});

function workers(options: Partial<DocumentWorkersOptions> = {}): DocumentWorkers {
  const made = createDocumentWorkers({ ...documentWorkerDefaults, ...options });
  open.push(made);
  return made;
}

function text(content: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, content);
  return Y.encodeStateAsUpdate(doc);
}

const key = 'a'.repeat(32) as DocumentKey;
const other = 'b'.repeat(32) as DocumentKey;
const small = text('hello');

/** Asks until the worker has died of it: a heap limit is not exact. */
const huge = Array.from({ length: 24 }, () => text('x'.repeat(4_000_000)));

describe('document workers', () => {
  test('A23: JSON and compaction come from another thread', async () => {
    const pool = workers();
    const json = await pool.json(key, [small]);
    expect(json.ok && new TextDecoder().decode(json.value)).toBe('{"text":"hello"}');
    const compacted = await pool.compact(key, [small]);
    expect(compacted.ok && compacted.value.version.stateVector.size).toBe(1);
  });

  test('A24: updates that make no document are told from jobs that cost too much', async () => {
    const pool = workers();
    expect(await pool.json(key, [Uint8Array.of(1, 2, 3)])).toMatchObject({
      error: { code: 'DOCUMENT_DAMAGED' },
    });
    expect(pool.parked()).toEqual([]);
  });

  test('A25: a document that takes too long twice is parked until released; the others are served', async () => {
    const pool = workers({ maxJobMs: 0 });
    const patient = workers();
    for (let i = 0; i < 2; i++) {
      expect(await pool.json(key, [small])).toMatchObject({ error: { code: 'DOCUMENT_TOO_COSTLY' } });
    }
    expect(pool.parked()).toEqual([key]);
    expect(await pool.json(key, [small])).toMatchObject({
      error: { message: expect.stringContaining('parked') },
    });
    expect((await patient.json(other, [small])).ok).toBe(true);
    pool.release(key);
    expect(pool.parked()).toEqual([]);
  });

  test('A25: a document that exhausts its heap takes its worker down, not the process, and is parked', async () => {
    const pool = workers({ maxHeapMegabytes: 24 });
    for (let i = 0; i < 2; i++) {
      expect(await pool.json(key, huge)).toMatchObject({ error: { code: 'DOCUMENT_TOO_COSTLY' } });
    }
    expect(pool.parked()).toEqual([key]);
    expect((await pool.json(other, [small])).ok).toBe(true);
  });

  test('A26: jobs beyond the queue are turned away at once', async () => {
    const pool = workers({ maxQueue: 2 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => pool.json(key, [small])));
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.error.code));
    expect(codes.filter((code) => code === 'OVERLOADED').length).toBeGreaterThan(0);
    expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(2);
  });
});
