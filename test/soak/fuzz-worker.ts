import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createHearsay } from '@hearsay/server';
import { clientTargets } from '../fuzz/client-targets.ts';
import { documentTargets } from '../fuzz/document-targets.ts';
import { emptyReport, type FuzzReport, type FuzzTarget, fuzz } from '../fuzz/fuzz.ts';
import { nodeTargets } from '../fuzz/node-targets.ts';
import { peerTargets } from '../fuzz/peer-targets.ts';
import { providerTargets } from '../fuzz/provider-targets.ts';
import { storageTarget } from '../fuzz/storage-target.ts';

/** What the process that fuzzes tells, over and over. */
export interface FuzzNews {
  readonly report: FuzzReport;
  readonly perTarget: Readonly<Record<string, number>>;
}

/** So that most of the processor is left to the seeds: rest, in lengths of the round before. */
const restPerRound = 4;

const perTurn = 200;
/** Inputs of a target that costs milliseconds each. */
const perTurnOfSlow = 20;

/** A process of its own, so that what it stalls is nobody else: every parser in turn, until told to stop. */
async function run(seed: string): Promise<void> {
  let stopping = false;
  process.on('message', () => {
    stopping = true;
  });
  process.on('SIGINT', () => {});
  const data = await mkdtemp(join(tmpdir(), 'hearsay-fuzz-'));
  const node = await createHearsay({ port: 0, data, logLevel: 'fatal' });
  const port = Number(new URL(node.clientUrl).port);
  const quick = [...clientTargets(), ...peerTargets(), ...documentTargets()];
  const { targets: providers, server } = await providerTargets();
  const slow = [await storageTarget(), ...providers, ...nodeTargets(port)];
  const report = emptyReport();
  const perTarget: Record<string, number> = {};
  const turn = async (target: FuzzTarget, round: number, inputs: number): Promise<void> => {
    // Turns after the first leave the corpus as it is to the mutations.
    const rotated = { ...target, corpus: rotate(target.corpus, round) };
    await fuzz(rotated, `${seed} ${round}`, report, (fed) => fed < inputs);
    perTarget[target.name] = (perTarget[target.name] ?? 0) + inputs;
  };
  for (let round = 0; round === 0 || !stopping; round++) {
    const startedAt = performance.now();
    for (const target of quick) await turn(target, round, target.corpus.length + perTurn);
    for (const target of slow) await turn(target, round, perTurnOfSlow);
    await delay(restPerRound * (performance.now() - startedAt));
    process.send?.({ report, perTarget } satisfies FuzzNews);
  }
  await server.close();
  await node.stop();
  await rm(data, { recursive: true, force: true });
  process.disconnect();
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const at = (by * perTurnOfSlow) % Math.max(1, items.length);
  return [...items.slice(at), ...items.slice(0, at)];
}

await run(process.argv[2] ?? 'soak');
