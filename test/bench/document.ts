import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@hearsay/core';
import {
  admitUpdate,
  compactUpdates,
  compareSketch,
  emptyVersion,
  encodeStateVector,
  mergeUpdates,
  sketchVersion,
  updateSince,
  type Version,
  versionDigest,
  versionOfUpdate,
} from '@hearsay/document';
import * as Y from 'yjs';
import { Author, type StepUpdate, textName } from '../replay/author.ts';
import { cutIntoStrands, drawClientIds } from '../replay/strands.ts';
import { readTrace } from '../replay/trace.ts';

/**
 * Admission, merging and exact differences, each beside the Yjs function that does the same job for a stock server.
 * Histories: every `*.json` or `*.json.gz` in the directory that `--traces` names, and one made up.
 */
export async function benchDocument(
  report: (line: string) => void,
  directory: string | undefined,
): Promise<void> {
  if (directory === undefined) {
    report('no real histories: name a directory of them with --traces DIR');
  } else {
    const names = (await readdir(directory)).filter((name) => /\.json(\.gz)?$/.test(name)).sort();
    if (names.length === 0) report(`no real histories: ${directory} holds no .json or .json.gz`);
    for (const name of names) benchHistory(name, await traceUpdates(join(directory, name)), report);
  }
  benchHistory('made up: 260,000 random edits', madeUpUpdates(260_000), report);
  benchManyClients(500, report);
}

async function traceUpdates(path: string): Promise<Uint8Array[]> {
  const trace = await readTrace(path);
  const published = new Map<number, StepUpdate[]>();
  const steps = cutIntoStrands(trace);
  const clientIds = drawClientIds(steps);
  const authors = Array.from(
    { length: trace.agents },
    () => new Author(published, clientIds, trace.hasAstral),
  );
  const updates: Uint8Array[] = [];
  for (const step of steps) {
    const transaction = trace.transactions[step.index];
    const author = authors[step.agent];
    if (transaction !== undefined && author !== undefined)
      updates.push(author.write(step, transaction).update);
  }
  return updates.filter((update) => update.byteLength > 2);
}

/** Words typed at a place that sometimes jumps, one edit in five a deletion. */
function madeUpUpdates(edits: number): Uint8Array[] {
  const random = createRandom('bench document');
  const document = new Y.Doc();
  const text = document.getText(textName);
  const updates: Uint8Array[] = [];
  document.on('update', (update: Uint8Array) => updates.push(update));
  let at = 0;
  for (let i = 0; i < edits; i++) {
    if (random.chance(0.02)) at = random.below(text.length + 1);
    if (random.chance(0.2) && at > 0) {
      at--;
      text.delete(at, 1);
    } else {
      text.insert(at, 'abcdefgh '[random.below(9)] ?? ' ');
      at++;
    }
  }
  return updates;
}

function benchHistory(name: string, updates: readonly Uint8Array[], report: (line: string) => void): void {
  const line = (what: string, text: string): void => report(`  ${what.padEnd(34)}${text}`);
  report(`${name}: ${count(updates.length)} updates`);

  const stock = new Y.Doc();
  const ours = timed(() => admitAll(updates));
  const theirs = timed(() => {
    for (const update of updates) Y.applyUpdate(stock, update);
  });
  line(
    'admit every update',
    `${per(ours.ms, updates.length)} an update; Y.applyUpdate ${per(theirs.ms, updates.length)}${ratio(theirs.ms, ours.ms)}`,
  );
  const before = ours.value;

  const edited = new Y.Doc();
  Y.applyUpdate(edited, Y.encodeStateAsUpdate(stock));
  const text = edited.getText(textName);
  let typed: Uint8Array = new Uint8Array();
  edited.on('update', (update: Uint8Array) => {
    typed = update;
  });
  text.insert(Math.floor(text.length / 2), 'x');
  const version = admitAll([typed], before);
  const once = repeated(200_000, () => admitUpdate(typed, before));
  const again = repeated(200_000, () => admitUpdate(typed, version));
  line('admit one character', `${once.toFixed(2)} µs; known already ${again.toFixed(2)} µs`);
  line('digest of the version', `${repeated(200, () => versionDigest(version, 1)).toFixed(0)} µs`);

  const few = updates.slice(0, 5000);
  const merged = timed(() => mergeUpdates(few));
  const stockMerged = timed(() => Y.mergeUpdates([...few]));
  line(
    `merge ${count(few.length)} updates`,
    `${merged.ms.toFixed(0)} ms, ${count(merged.value.byteLength)} B; Y.mergeUpdates ${stockMerged.ms.toFixed(0)} ms, ${count(stockMerged.value.byteLength)} B${ratio(stockMerged.ms, merged.ms)}`,
  );
  const all = timed(() => mergeUpdates(updates));
  line('merge all of them', `${all.ms.toFixed(0)} ms, ${count(all.value.byteLength)} B`);
  const compacted = timed(() => compactUpdates([all.value, typed]));
  line('compact, verified', `${compacted.ms.toFixed(0)} ms, ${count(compacted.value.state.byteLength)} B`);

  const { state } = compacted.value;
  const sketch = sketchVersion(before);
  const difference = timed(() => updateSince(state, before));
  const compared = compareSketch(state, compacted.value.version, sketch);
  const bySketch = compared.ok ? (compared.value.update?.byteLength ?? 0) : Number.NaN;
  const vector = encodeStateVector(before.stateVector);
  const stepTwo = timed(() => Y.encodeStateAsUpdate(edited, vector));
  line(
    'repair one character, bytes',
    `${count(difference.value?.byteLength ?? 0)}; stock step 2 ${count(stepTwo.value.byteLength)}`,
  );
  line(
    '  described by',
    `sketch ${count(sketch.byteLength)} B, answered with ${count(bySketch)} B; state vector ${count(vector.byteLength)} B`,
  );
  line(
    '  CPU',
    `${difference.ms.toFixed(1)} ms, no document in memory; stock ${stepTwo.ms.toFixed(1)} ms with it loaded`,
  );
  const idle = Y.encodeStateAsUpdate(edited, Y.encodeStateVector(edited)).byteLength;
  line(
    'equal copies, bytes',
    `${updateSince(state, compacted.value.version) === null ? 0 : 'not'}; stock step 2 ${count(idle)}`,
  );
}

function benchManyClients(clients: number, report: (line: string) => void): void {
  const hub = new Y.Doc();
  let last: Uint8Array = new Uint8Array();
  for (let i = 0; i < clients; i++) {
    const client = new Y.Doc();
    Y.applyUpdate(client, Y.encodeStateAsUpdate(hub));
    client.on('update', (update: Uint8Array) => {
      last = update;
    });
    client.getText(textName).insert(Math.min(i, 5), 'word ');
    if (i < clients - 1) Y.applyUpdate(hub, last);
  }
  const known = versionOfUpdate(Y.encodeStateAsUpdate(hub));
  if (!known.ok) throw new Error(known.error.message);
  const micros = repeated(100_000, () => admitUpdate(last, known.value));
  report(`a document that ${count(clients)} clients wrote`);
  report(`  ${'admit one edit'.padEnd(34)}${micros.toFixed(2)} µs`);
}

function admitAll(updates: readonly Uint8Array[], known: Version = emptyVersion): Version {
  let version = known;
  for (const update of updates) {
    const admission = admitUpdate(update, version);
    if (!admission.ok) throw new Error(admission.error.message);
    if (admission.value.kind === 'novel') version = admission.value.version;
  }
  return version;
}

function timed<T>(run: () => T): { readonly value: T; readonly ms: number } {
  const start = performance.now();
  const value = run();
  return { value, ms: performance.now() - start };
}

/** Mean microseconds of one run, after warming up. */
function repeated(times: number, run: () => unknown): number {
  for (let i = 0; i < times / 10; i++) run();
  const { ms } = timed(() => {
    for (let i = 0; i < times; i++) run();
  });
  return (ms * 1000) / times;
}

function per(ms: number, runs: number): string {
  return `${((ms * 1000) / runs).toFixed(2)} µs`;
}

function ratio(theirs: number, ours: number): string {
  return `, ${(theirs / ours).toFixed(1)} times as long`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
