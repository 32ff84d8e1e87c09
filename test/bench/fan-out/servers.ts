import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/node-process.ts';
import { peakMemoryMiB, processorMs } from '../../support/process-figures.ts';
import { type Dialect, hocuspocus, yWebsocket } from './frames.ts';

/** A server under measurement, as a process of its own. */
export interface MeasuredServer {
  readonly port: number;
  /** CPU seconds used so far, user and system. */
  cpuSeconds(): Promise<number>;
  /** Largest resident set so far, MiB. */
  peakMemoryMiB(): Promise<number>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  readonly dialect: Dialect;
  start(): Promise<MeasuredServer>;
}

const resolve = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier));

export const contenders: readonly Contender[] = [
  {
    name: 'hearsay (every update synced first)',
    dialect: yWebsocket,
    start: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'hearsay-bench-'));
      return launch(
        (port) => [resolve('@hearsay/server/main'), 'serve', '--port', `${port}`, '--data', directory],
        () => rm(directory, { recursive: true, force: true }),
      );
    },
  },
  {
    name: '@y/websocket-server (memory only)',
    dialect: yWebsocket,
    start: () => launch(() => [resolve('@y/websocket-server/server')]),
  },
  {
    name: '@hocuspocus/server (memory only)',
    dialect: hocuspocus,
    start: () => launch(() => [fileURLToPath(new URL('./hocuspocus-server.js', import.meta.url))]),
  },
];

async function launch(
  command: (port: number) => string[],
  cleanUp: () => Promise<void> = async () => {},
): Promise<MeasuredServer> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, command(port), {
    env: { ...process.env, PORT: `${port}`, HOST: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await eventually('the server to listen', () => listens(port));
  return {
    port,
    cpuSeconds: async () => (await processorMs(child.pid ?? 0)) / 1000,
    peakMemoryMiB: () => peakMemoryMiB(child.pid ?? 0),
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      await cleanUp();
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      settle(true);
    });
    socket.on('error', () => settle(false));
  });
}
