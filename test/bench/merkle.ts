import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IndexMeasurements, IndexTask } from './merkle/index-process.ts';

const sizes = [10_000, 100_000, 1_000_000];

/**
 * The index on a LevelDB of its own: CPU of an update, memory, start-up, bytes and round trips of a difference. Each
 * size in processes of its own, so that memory and start-up are those of this index alone.
 */
export async function benchMerkle(report: (line: string) => void): Promise<void> {
  for (const documents of sizes) {
    const directory = await mkdtemp(join(tmpdir(), 'hearsay-bench-index-'));
    try {
      await run('build', directory, documents);
      describe(documents, await run('measure', directory, documents)).forEach(report);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

function describe(documents: number, measured: IndexMeasurements): string[] {
  const start = `start ${measured.startUpMs.toFixed(0)} ms`;
  const memory = `holds ${megabytes(measured.heldBytes)} MB (resident ${megabytes(measured.residentBytes)} MB)`;
  return [
    `${documents.toLocaleString('en')} documents: ${start}, ${memory}`,
    ...measured.updates.map(
      ({ batch, updateMicros, writeMicros, nodes }) =>
        `  update, ${batch} a batch: ${updateMicros.toFixed(1)} µs CPU, writing ${writeMicros.toFixed(1)} µs (${nodes.toFixed(2)} nodes)`,
    ),
    ...measured.walks.map(
      ({ differences, bytes, roundTrips, cpuMs }) =>
        `  ${differences} scattered: ${(bytes / differences).toFixed(0)} B each, ${roundTrips} round trips, ${cpuMs.toFixed(1)} ms CPU`,
    ),
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}

async function run(task: 'build', directory: string, documents: number): Promise<null>;
async function run(task: 'measure', directory: string, documents: number): Promise<IndexMeasurements>;
async function run(task: IndexTask, directory: string, documents: number): Promise<unknown> {
  const script = fileURLToPath(new URL('./merkle/index-process.js', import.meta.url));
  const child = fork(script, [task, directory, String(documents)], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the measuring process ended with ${code}`)));
  });
}
