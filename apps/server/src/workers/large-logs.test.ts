import { sketchVersion, versionOfUpdate } from '@hearsay/document';
import { largeLogsInline } from '@hearsay/storage';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createLargeLogs } from './large-logs.ts';
import { createLogWorkers, type LogWorkers, logWorkerDefaults } from './log-workers.ts';

const open: LogWorkers[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((workers) => workers.close()));
});

function workers(options: Partial<typeof logWorkerDefaults> = {}): LogWorkers {
  const made = createLogWorkers({ ...logWorkerDefaults, threads: 1, ...options });
  open.push(made);
  return made;
}

/** Texts with something deleted of each. */
function edits(count: number, length: number): Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = 7;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  const text = doc.getText('t');
  for (let at = 0; at < count; at++) {
    text.insert(0, `${at} `.padEnd(length, 'abc'));
    text.delete(1, 2);
  }
  return updates;
}

describe('large logs by threads', () => {
  test('A235: what they give is what the main thread would', async () => {
    const logs = createLargeLogs(workers());
    const log = edits(50, 5000);
    const part = versionOfUpdate(Y.mergeUpdates(log.slice(0, 31)));
    if (!part.ok) throw new Error(part.error.message);
    for (const sketch of [null, sketchVersion(part.value)]) {
      const found = await logs.difference(log, sketch, 20_000);
      expect(found).toEqual(await largeLogsInline.difference(log, sketch, 20_000));
      if (found.ok) expect(found.value.pieces.length).toBeGreaterThan(3);
    }
    const merged = await logs.merge(log);
    expect(merged).toEqual(await largeLogsInline.merge(log));
    if (!merged.ok || merged.value === null) throw new Error('not merged');
    expect(await logs.version(merged.value.update)).toEqual({ ok: true, value: merged.value.version });
    expect(await logs.merge(log.slice(3))).toEqual({ ok: true, value: null });
    expect(await logs.version(log[3] as Uint8Array)).toEqual({ ok: true, value: null });
    // What they were given is still the caller's.
    expect(await logs.merge(log)).toEqual(merged);
  });

  test('A235: a thread that runs out of memory is told of, and the next job has another', async () => {
    const logs = createLargeLogs(workers({ maxHeapMegabytes: 16 }));
    const many = edits(60_000, 3);
    let failed = 0;
    for (let tries = 0; tries < 5 && failed === 0; tries++) {
      if (!(await logs.difference(many, null, 1000)).ok) failed++;
    }
    expect(failed).toBe(1);
    expect((await logs.merge(edits(2, 10))).ok).toBe(true);
  });
});
