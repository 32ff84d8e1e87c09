import { SingleBar } from 'cli-progress';
import { eventually } from '../support/eventually.ts';
import { join, type Participant } from './agents.ts';
import { startFaultyCluster } from './faulty-cluster.ts';
import { play } from './play.ts';
import type { Trace } from './trace.ts';

export interface ReplayOptions {
  readonly trace: Trace;
  /** WebSocket URLs of running nodes; none: three are started, and suffer. */
  readonly nodes: readonly string[];
  readonly documentName: string;
}

/** Replays and prints what came of it; true when every node ended with the history's text and all roots agree. */
export async function replay({ trace, nodes, documentName }: ReplayOptions): Promise<boolean> {
  const total = trace.transactions.length;
  console.log(
    `${total} steps by ${trace.agents} agent${trace.agents === 1 ? '' : 's'}, document "${documentName}"`,
  );
  const cluster = nodes.length > 0 ? undefined : await startFaultyCluster(total, (line) => events.push(line));
  const events: string[] = [];
  const urls = cluster?.urls ?? nodes;
  for (const url of urls) await requireReady(url);
  const participants: Participant[] = [];
  const agents = Array.from({ length: trace.agents }, (_, agent) => {
    const participant = join(urls[agent % urls.length] as string, documentName);
    participants.push(participant);
    return participant;
  });
  const bar = new SingleBar({
    format: 'replaying {bar} {percentage} % | {value}/{total} | {eta_formatted} | {event}',
  });
  const started = performance.now();
  bar.start(total, 0, { event: '' });
  try {
    await play(trace, agents, async (index) => {
      await cluster?.beforeStep(index);
      bar.update(index, { event: events.at(-1) ?? '' });
    });
    bar.update(total, { event: 'waiting for all nodes' });
    await cluster?.healed();
    const readers = urls.map((url) => join(url, documentName));
    participants.push(...readers);
    const texts = (): boolean => readers.every((reader) => reader.text() === trace.endContent);
    const settled = await reached('the text of every node', texts);
    const rootsAgree = await reached('equal roots on all nodes', async () => agree(await roots(urls)));
    bar.stop();
    const seconds = (performance.now() - started) / 1000;
    for (const event of events) console.log(`  ${event}`);
    for (const [index, root] of (await roots(urls)).entries()) {
      const text =
        readers[index]?.text() === trace.endContent ? 'equals the history' : 'DIFFERS from the history';
      console.log(`  ${urls[index]}  text ${text}  root ${root}`);
    }
    const verdict = settled && rootsAgree ? 'equal on every node' : 'NOT EQUAL';
    console.log(
      `${verdict}: ${total} steps in ${seconds.toFixed(1)} s, ${Math.round(total / seconds)} steps/s`,
    );
    return settled && rootsAgree;
  } finally {
    bar.stop();
    for (const participant of participants) participant.leave();
    await cluster?.stop();
  }
}

async function reached(what: string, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    await eventually(what, condition, settleMs);
    return true;
  } catch {
    return false;
  }
}

/** A provider would wait for ever for a node that is not there; a person would not. */
async function requireReady(url: string): Promise<void> {
  const answer = await fetch(`${httpOf(url)}/readyz`).catch((error: unknown) => error);
  if (answer instanceof Response && answer.ok) return;
  const why = answer instanceof Response ? `answers ${answer.status} to /readyz` : 'cannot be reached';
  throw new Error(
    `The node at ${url} ${why}. Give the WebSocket URL of a running node: --node ws://host:port`,
  );
}

function httpOf(url: string): string {
  return url.replace(/^ws/, 'http').replace(/\/+$/, '');
}

/** Every node's roots as one string, as `/api/status` tells them. */
async function roots(urls: readonly string[]): Promise<string[]> {
  return Promise.all(
    urls.map(async (url) => {
      const status = await fetch(`${httpOf(url)}/api/status`);
      const { roots: list } = (await status.json()) as { roots: { collection: string; digest: string }[] };
      return list.map(({ collection, digest }) => `${collection}:${digest}`).join(' ');
    }),
  );
}

function agree(values: readonly string[]): boolean {
  return values.every((value) => value === values[0]);
}

/** How long after the last step all nodes may take to be equal. */
const settleMs = 120_000;
