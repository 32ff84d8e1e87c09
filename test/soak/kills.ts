import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '@hearsay/core';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import { AcknowledgedWriter } from './acknowledged-writer.ts';

/** What real nodes were put through, and what became of the updates they had acknowledged. */
export interface KillsReport {
  kills: number;
  /** Of these, before the node was ready again after the one before. */
  killsInRecovery: number;
  sent: number;
  acknowledged: number;
  lost: number;
  /** Written and not acknowledged, yet there after the start: allowed. */
  keptUnacknowledged: number;
  /** From the start of the process to its being ready (milliseconds). */
  longestStartMs: number;
  readonly failures: string[];
}

export function emptyKills(): KillsReport {
  return {
    kills: 0,
    killsInRecovery: 0,
    sent: 0,
    acknowledged: 0,
    lost: 0,
    keptUnacknowledged: 0,
    longestStartMs: 0,
    failures: [],
  };
}

/**
 * Two nodes that replicate; in every round clients write to one of them, which is killed with SIGKILL in the midst of
 * it, started again, and asked for every token it had acknowledged. At the end both are asked for everything.
 */
export async function killNodes(
  seed: string,
  report: KillsReport,
  goOn: (kills: number) => boolean,
): Promise<void> {
  const random = createRandom(`kills ${seed}`);
  const directory = await mkdtemp(join(tmpdir(), 'hearsay-kills-'));
  const nodes: NodeProcess[] = [];
  try {
    nodes.push(await startNode(join(directory, '0'), []));
    nodes.push(
      await startNode(
        join(directory, '1'),
        nodes.map(({ url }) => url),
      ),
    );
    const written = new Map<string, string[]>();
    for (let round = 0; round === 0 || goOn(report.kills); round++) {
      // A few rounds write to one document, so that logs grow and are compacted under kills.
      const name = `document-${Math.floor(round / roundsPerDocument)}`;
      const tokens = written.get(name) ?? [];
      written.set(name, tokens);
      tokens.push(...(await killOnce(nodes, name, round, random, report)));
      await delay(restMs);
    }
    for (const node of nodes) await expectAll(node, written, report);
  } catch (error) {
    report.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    for (const node of nodes) await node.stop('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}

/** A start takes a second of processor, which seeds need as well: a kill every few seconds, two hundred in half an hour. */
const restMs = 1000;

const roundsPerDocument = 10;
const writers = 3;
const burst = 4;

async function killOnce(
  nodes: readonly NodeProcess[],
  name: string,
  round: number,
  random: Random,
  report: KillsReport,
): Promise<string[]> {
  const node = random.pick(nodes);
  if (node === undefined) throw new Error('no nodes');
  const clients = Array.from({ length: writers }, () => new AcknowledgedWriter(node.url, name));
  await eventually('clients to be let in', () => clients.every(({ open }) => open));
  const killAfterMs = 50 + random.below(1000);
  const startedAt = performance.now();
  for (let n = 0; performance.now() - startedAt < killAfterMs; n++) {
    for (const [index, client] of clients.entries()) {
      for (let i = 0; i < burst; i++) client.write(`${round}-${index}-${n}-${i}`);
    }
    await delay(2);
  }
  await node.stop('SIGKILL');
  report.kills++;
  // What had arrived from the node before its end is still to be heard.
  await eventually('clients to see the end', () => clients.every(({ open }) => !open));
  for (const client of clients) client.end();
  if (random.chance(0.2)) await killInRecovery(node, random, report);
  const restartedAt = performance.now();
  await node.start();
  report.longestStartMs = Math.max(report.longestStartMs, performance.now() - restartedAt);
  const acknowledged = clients.flatMap((client) => client.acknowledged);
  const kept = await tokensOf(node, name);
  const lost = acknowledged.filter((token) => !kept.has(token));
  report.sent += clients.reduce((sum, { sent }) => sum + sent.length, 0);
  report.acknowledged += acknowledged.length;
  report.lost += lost.length;
  const sent = clients.flatMap((client) => client.sent).filter((token) => kept.has(token)).length;
  report.keptUnacknowledged += sent - (acknowledged.length - lost.length);
  if (lost.length > 0)
    report.failures.push(`${name}: ${lost.length} acknowledged updates lost: ${lost[0]} …`);
  return acknowledged;
}

/** Started and killed again before it can have finished. */
async function killInRecovery(node: NodeProcess, random: Random, report: KillsReport): Promise<void> {
  const starting = node.start().catch(() => {});
  await delay(50 + random.below(400));
  await node.stop('SIGKILL');
  await starting;
  report.kills++;
  report.killsInRecovery++;
}

async function expectAll(
  node: NodeProcess,
  written: ReadonlyMap<string, readonly string[]>,
  report: KillsReport,
): Promise<void> {
  for (const [name, tokens] of written) {
    if (tokens.length === 0) continue;
    await eventually(
      `${node.http} to have all of ${name}`,
      async () => {
        const kept = await tokensOf(node, name);
        return tokens.every((token) => kept.has(token));
      },
      60_000,
    ).catch((error: unknown) => {
      report.lost++;
      report.failures.push(String(error));
    });
  }
}

/** What of the tokens is there; none of a document that is not. */
export async function tokensOf(node: NodeProcess, name: string): Promise<ReadonlySet<string>> {
  const answer = await fetch(`${node.http}/api/documents/default/${name}`);
  if (answer.status === 404) return new Set();
  const { content } = (await answer.json()) as { content?: { tokens?: Record<string, unknown> } };
  return new Set(Object.keys(content?.tokens ?? {}));
}

async function startNode(data: string, join: readonly string[]): Promise<NodeProcess> {
  return startNodeProcess(
    await freePort(),
    [
      ...['--data', data, '--cluster', 'soak', '--log-format', 'json', '--log-level', 'error'],
      ...['--repair-interval', '1000'],
      ...join.flatMap((url) => ['--join', url]),
    ],
    { HEARSAY_SECRET: 'b4c1f0d75f6e4a3f9a0de2c9831a77e2' },
  );
}
