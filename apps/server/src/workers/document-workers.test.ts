import { ByteWriter, type DocumentKey, limits } from '@hearsay/core';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import {
  createDocumentWorkers,
  type DocumentWorkers,
  type DocumentWorkersOptions,
  documentWorkerDefaults,
} from './document-workers.ts';
import { createParking, type Parking } from './parking.ts';

const open: DocumentWorkers[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((workers) => workers.close()));
});

function workers(options: Partial<DocumentWorkersOptions> = {}, parking?: Parking): DocumentWorkers {
  const made = createDocumentWorkers({ ...documentWorkerDefaults, ...options }, parking);
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
    expect(compacted.ok && compacted.value.state.byteLength).toBe(small.byteLength);
  });

  test('A24: updates that make no document are told from jobs that cost too much', async () => {
    const parking = createParking();
    const pool = workers({}, parking);
    expect(await pool.json(key, [Uint8Array.of(1, 2, 3)])).toMatchObject({
      error: { code: 'DOCUMENT_DAMAGED' },
    });
    expect(parking.parked()).toEqual([]);
  });

  test('A25: a document that takes too long twice is parked until released; the others are served', async () => {
    const parking = createParking();
    const pool = workers({ maxJobMs: 0 }, parking);
    const patient = workers({}, parking);
    for (let i = 0; i < 2; i++) {
      expect(await pool.json(key, [small])).toMatchObject({ error: { code: 'DOCUMENT_TOO_COSTLY' } });
    }
    expect(parking.parked()).toEqual([key]);
    expect(await patient.json(key, [small])).toMatchObject({
      error: { message: expect.stringContaining('parked') },
    });
    expect((await patient.json(other, [small])).ok).toBe(true);
    expect(parking.release(key)).toBe(true);
    expect(parking.parked()).toEqual([]);
    expect((await patient.json(key, [small])).ok).toBe(true);
  });

  test('A25: time in which the process was given no processor is not a document’s', async () => {
    const parking = createParking();
    const pool = workers({ maxJobMs: 1, processorMs: () => 0 }, parking);
    expect((await pool.json(key, [text('x'.repeat(3_000_000))])).ok).toBe(true);
    expect(parking.parked()).toEqual([]);
  });

  test('A25: who waits long behind others has not taken a worker down', async () => {
    const slow = [text('x'.repeat(3_000_000))];
    const began = performance.now();
    for (let i = 0; i < 2; i++) await workers().json(key, slow);
    // Generous for one, and far from enough for all of them one after another.
    const maxJobMs = 2 * (performance.now() - began);
    const parking = createParking();
    const pool = workers({ maxJobMs }, parking);
    const answers = await Promise.all(Array.from({ length: 100 }, () => pool.json(key, slow)));
    expect(answers.filter((answer) => !answer.ok)).toEqual([]);
    expect(parking.parked()).toEqual([]);
  });

  test('A25: a document that exhausts its heap takes its worker down, not the process, and is parked', async () => {
    const parking = createParking();
    const pool = workers({ maxHeapMegabytes: 24 }, parking);
    for (let i = 0; i < 2; i++) {
      expect(await pool.json(key, huge)).toMatchObject({ error: { code: 'DOCUMENT_TOO_COSTLY' } });
    }
    expect(parking.parked()).toEqual([key]);
    expect((await pool.json(other, [small])).ok).toBe(true);
  });

  test('A234: a document of too many items is merged, not built, and takes no worker down', async () => {
    const parking = createParking();
    const pool = workers({ maxHeapMegabytes: 256 }, parking);
    // Half a million single deletes in one text of a million characters.
    const count = limits.itemsInMemory / 2 + 1;
    const deletes = new ByteWriter(5 * count).varUint(0).varUint(1).varUint(1).varUint(count);
    for (let at = 0; at < count; at++) deletes.varUint(2 * at).varUint(1);
    const doc = new Y.Doc();
    doc.clientID = 1;
    doc.getText('text').insert(0, 'x'.repeat(2 * count));
    const log = [Y.encodeStateAsUpdate(doc), deletes.finish()];
    for (let i = 0; i < 2; i++) {
      expect(await pool.json(key, log)).toMatchObject({ error: { code: 'DOCUMENT_TOO_COSTLY' } });
    }
    const compacted = await pool.compact(key, log);
    expect(compacted).toMatchObject({ ok: true, value: { isMergedOnly: true, implied: null } });
    expect(parking.parked()).toEqual([]);
  });

  test('A26: jobs beyond the queue are turned away at once', async () => {
    const pool = workers({ maxQueue: 2 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => pool.json(key, [small])));
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.error.code));
    expect(codes.filter((code) => code === 'OVERLOADED').length).toBeGreaterThan(0);
    expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(2);
  });
});
