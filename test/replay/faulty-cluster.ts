import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startNodeProcess } from '../support/node-process.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

/** Three nodes that lose a link for a part of the history, and one of them its life for another. */
export interface FaultyCluster {
  readonly urls: readonly string[];
  /** Does what is due before a step. */
  beforeStep(index: number): Promise<void>;
  /** Resolves once every fault is over. */
  healed(): Promise<void>;
  stop(): Promise<void>;
}

/** When things happen, as shares of the history. */
const schedule = { cut: 0.2, heal: 0.45, kill: 0.6, restart: 0.75 } as const;

/**
 * How long the killed node stays dead at most. An agent whose node is dead hears nothing, so the history may not go on
 * before it is back.
 */
const longestDeathMs = 3000;

export async function startFaultyCluster(
  steps: number,
  report: (line: string) => void,
): Promise<FaultyCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'hearsay-replay-'));
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  // The second node reaches the first only through a relay that can be cut; the third dials both directly.
  const relay = await startTcpProxy(() => ports[0]);
  const advertised = `ws://127.0.0.1:${relay.port}`;
  const joins = [
    ['--advertise', advertised],
    ['--join', advertised],
    ['--join', `ws://127.0.0.1:${ports[0]}`, '--join', `ws://127.0.0.1:${ports[1]}`],
  ];
  const started = await Promise.allSettled(
    ports.map((port, index) =>
      startNodeProcess(
        port,
        ['--data', join(directory, String(index)), '--cluster', 'replay', ...(joins[index] ?? [])],
        { HEARSAY_SECRET: 'replay-replay-replay-replay-replay-7f3a' },
      ),
    ),
  );
  const nodes = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop('SIGTERM')));
    await relay.close();
    await rm(directory, { recursive: true, force: true });
  };
  const failed = started.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const victim = nodes[1] as (typeof nodes)[number];
  const at = (share: number): number => Math.floor(steps * share);
  let dead: Promise<void> | undefined;
  let revive: (() => void) | undefined;
  const kill = async (): Promise<void> => {
    await victim.stop('SIGKILL');
    report('killed the second node with SIGKILL');
    dead = new Promise<void>((resolve) => {
      revive = resolve;
      setTimeout(resolve, longestDeathMs);
    }).then(async () => {
      await victim.start();
      report('restarted the second node');
    });
  };
  return {
    urls: nodes.map(({ url }) => url),
    beforeStep: async (index) => {
      if (index === at(schedule.cut)) {
        relay.cut();
        report('cut the link between the first two nodes');
      }
      if (index === at(schedule.heal)) {
        relay.heal();
        report('healed the link between the first two nodes');
      }
      if (index === at(schedule.kill)) await kill();
      if (index === at(schedule.restart)) revive?.();
    },
    healed: async () => {
      revive?.();
      await dead;
    },
    stop,
  };
}
