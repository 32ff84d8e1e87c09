import {
  type DocumentId,
  type DocumentKey,
  documentKey,
  limits,
  ok,
  type ReplicaId,
  toHex,
} from '@hearsay/core';
import { versionOfUpdate } from '@hearsay/document';
import type { DocumentLookup, StoredDocument } from '@hearsay/storage';
import { describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import { noWorkers } from '../testing/no-workers.ts';
import { createLogWorkers, type LogWorkers } from '../workers/log-workers.ts';
import { type ClientState, StateReader } from './state-reader.ts';

const id: DocumentId = { collection: 'default', name: 'a' };
const key: DocumentKey = documentKey(id);

function stored(...updates: Uint8Array[]): StoredDocument {
  const version = versionOfUpdate(Y.mergeUpdates(updates));
  if (!version.ok) throw new Error(version.error.message);
  return { key, id, life: 3, version: version.value, updates, endedClients: [], ended: null };
}

/** A store whose reads and lookups give what is listed, one after the other, and then the last again. */
function reader(
  reads: readonly (StoredDocument | undefined)[],
  lookups: readonly Partial<DocumentLookup>[],
): StateReader {
  const next = <T>(items: readonly T[]): (() => T) => {
    let at = 0;
    return () => items[Math.min(at++, items.length - 1)] as T;
  };
  const [nextRead, nextLookup] = [next(reads), next(lookups)];
  return new StateReader(
    {
      read: async () => ok(nextRead()),
      lookup: async () => ({ key, certificate: null, bytes: 0, ...nextLookup() }) as DocumentLookup,
    },
    noWorkers,
  );
}

function edits(...words: string[]): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const word of words) doc.getText('t').insert(doc.getText('t').length, word);
  return updates;
}

function textOf(state: ClientState): string {
  if (state.kind !== 'state') throw new Error(state.kind);
  const doc = new Y.Doc();
  for (const update of state.updates) Y.applyUpdate(doc, update);
  return doc.getText('t').toString();
}

function hexOf(state: ClientState | undefined): string {
  if (state?.kind !== 'state') throw new Error(state?.kind);
  return state.updates.map(toHex).join('\n');
}

describe('states for clients', () => {
  test('A48: of a document created anew, whoever has history of the ended life is told of the deletion', async () => {
    const document = { ...stored(...edits('new')), endedClients: [7, 9] };
    const [own = 0] = document.version.stateVector.keys();
    const reading = reader([document], []);
    const phaseFor = async (...clients: number[]): Promise<string> =>
      (await reading.stateFor(id, new Map(clients.map((client) => [client, 1])))).kind;
    expect(await phaseFor(9)).toBe('deleted');
    expect(await phaseFor(own, 7)).toBe('deleted');
    expect(await phaseFor(own)).toBe('state');
    expect(await phaseFor(8)).toBe('state');
    // What was brought back belongs to both lives.
    const back = reader([{ ...document, endedClients: [own] }], []);
    expect((await back.stateFor(id, new Map([[own, 1]]))).kind).toBe('state');
  });

  test('A48: of a deleted one, whoever has something else may begin the next life', async () => {
    const clients = [7, 9];
    const certificate = { life: 3, deletedAt: 1, activatedAt: 1, by: 'a'.repeat(32) as ReplicaId, clients };
    const reading = reader([undefined], [{ phase: 'deleted', life: 3, certificate }]);
    expect(await reading.stateFor(id, new Map([[9, 1]]))).toEqual({ kind: 'deleted' });
    expect(await reading.stateFor(id, new Map([[8, 1]]))).toMatchObject({ kind: 'state', life: 4 });
  });

  test('A47: a client gets what it lacks of the log, and the life it belongs to', async () => {
    const state = await reader([stored(...edits('a', 'b', 'c'))], []).stateFor(id, new Map());
    expect(state).toMatchObject({ kind: 'state', life: 3 });
    expect(textOf(state)).toBe('abc');
  });

  test('A47: a client that has everything gets one update all the same: it waits for one', async () => {
    const document = stored(...edits('a'));
    const state = await reader([document], []).stateFor(id, document.version.stateVector);
    expect(state).toMatchObject({ updates: [expect.any(Uint8Array)] });
    expect(textOf(state)).toBe('');
  });

  test('A47: who only asks for the state vector gets no updates', async () => {
    expect(await reader([stored(...edits('a'))], []).stateFor(id, null)).toMatchObject({ updates: [] });
  });

  test('A47: large documents come in pieces that fit into frames', async () => {
    const state = await reader([stored(...edits('x'.repeat(400_000), 'y'.repeat(400_000)))], []).stateFor(
      id,
      new Map(),
    );
    if (state.kind !== 'state') throw new Error(state.kind);
    expect(state.updates.length).toBeGreaterThan(3);
    for (const update of state.updates)
      expect(update.byteLength).toBeLessThanOrEqual(limits.clientFrameBytes);
    expect(textOf(state)).toHaveLength(800_000);
  });

  test('A47: what brings formatting comes whole: half of an edit would cost its marks', async () => {
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'x'.repeat(400_000), { bold: true });
    const state = await reader([stored(Y.encodeStateAsUpdate(doc))], []).stateFor(id, new Map());
    expect(state).toMatchObject({ updates: [expect.any(Uint8Array)] });
  });

  test('A48: a document that is born while it is looked for is not begun anew', async () => {
    const born = stored(...edits('a'));
    const state = await reader([undefined, born], [{ phase: 'live', life: 3 }]).stateFor(id, new Map());
    expect(state).toMatchObject({ kind: 'state', life: 3 });
    expect(textOf(state)).toBe('a');
  });

  test('A48: nobody’s document is life 1; a deleted one begins its next life with an empty hand only', async () => {
    const absent = reader([undefined], [{ phase: 'absent', life: 0 }]);
    expect(await absent.stateFor(id, new Map())).toMatchObject({ kind: 'state', life: 1 });
    const deleted = reader([undefined], [{ phase: 'deleted', life: 2 }]);
    expect(await deleted.stateFor(id, new Map())).toMatchObject({ kind: 'state', life: 3 });
    expect(await deleted.stateFor(id, new Map([[1, 1]]))).toEqual({ kind: 'deleted' });
  });

  test('A231: a large document is read and cut by another thread, as the main thread would; who waits for the same shares it', async () => {
    const document = stored(...edits(...Array.from({ length: 8 }, (_, i) => `${i}`.repeat(60_000))));
    const [author = 0] = document.version.stateVector.keys();
    const log = createLogWorkers();
    let running = 0;
    const workers: Pick<LogWorkers, 'run'> = {
      run: (job) => {
        running++;
        return log.run(job);
      },
    };
    let reads = 0;
    const bytes = document.updates.reduce((sum, update) => sum + update.byteLength, 0);
    const store = {
      read: async () => {
        reads++;
        return ok(document);
      },
      lookup: async () => ({ key, phase: 'live', life: 3, certificate: null, bytes }) as DocumentLookup,
    };
    const large = new StateReader(store, workers);
    // Both threads are busy with others, so that all three wait.
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const busy = [log.run(() => held), log.run(() => held)];
    const answers = Promise.all(
      [new Map(), new Map(), new Map([[author, 300_000]])].map((theirs) => large.stateFor(id, theirs)),
    );
    await vi.waitUntil(() => running === 2);
    release();
    await Promise.all(busy);
    const [one, other, ahead] = await answers;
    expect([running, reads]).toEqual([2, 2]);
    expect(one).toBe(other);
    const small = reader([document], [{ bytes: 0 }]);
    expect(hexOf(one)).toBe(hexOf(await small.stateFor(id, new Map())));
    expect(hexOf(ahead)).toBe(hexOf(await small.stateFor(id, new Map([[author, 300_000]]))));
    await log.close();
  });

  test('A232: who would wait behind too many large documents is sent away for a while', async () => {
    const workers = createLogWorkers({ threads: 1, maxHeapMegabytes: 64, maxQueue: 1 });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = workers.run(() => held);
    const waiting = workers.run(async () => 'waited');
    expect(await workers.run(async () => 'never')).toMatchObject({
      ok: false,
      error: { code: 'OVERLOADED' },
    });
    release();
    expect([(await running).ok, await waiting]).toEqual([true, ok('waited')]);
    await workers.close();
  });
});
