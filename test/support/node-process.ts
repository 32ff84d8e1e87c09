import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

const ownEntry = fileURLToPath(import.meta.resolve('@hearsay/server/main'));

/** A Hearsay server as a process of its own, on the loopback address. */
export interface NodeProcess {
  readonly port: number;
  /** For y-websocket providers. */
  readonly url: string;
  /** For HTTP. */
  readonly http: string;
  /** Of the running process; undefined before its start. */
  pid(): number | undefined;
  /** All it has printed so far, over all its starts. */
  output(): string;
  /** Starts it again, on the same port and data, after it has ended. */
  start(): Promise<void>;
  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end; gives the exit code, null after a kill. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** How the process is run. */
export interface RunOptions {
  /** File descriptors it may have open; as many as this process when not given. */
  readonly descriptors?: number | undefined;
  /** Program of another build; that of this one when not given. */
  readonly entry?: string | undefined;
  /** Text (PEM) of the authority of its certificate; plain HTTP when not given. */
  readonly authority?: string | undefined;
  /** Options of Node.js itself. */
  readonly runtime?: readonly string[] | undefined;
}

/** Starts a server with `arguments_` after `serve` and waits until it is ready. */
export async function startNodeProcess(
  ...[port, flags, environment, options]: Parameters<typeof nodeProcess>
): Promise<NodeProcess> {
  const node = nodeProcess(port, flags, environment, options);
  await node.start();
  return node;
}

/** A server that is yet to be started. */
export function nodeProcess(
  port: number,
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { descriptors, entry = ownEntry, authority, runtime = [] }: RunOptions = {},
): NodeProcess {
  let output = '';
  let child: ChildProcess | undefined;
  const s = authority === undefined ? '' : 's';
  const http = `http${s}://127.0.0.1:${port}`;
  return {
    port,
    url: `ws${s}://127.0.0.1:${port}`,
    http,
    pid: () => child?.pid,
    output: () => output,
    start: async () => {
      const command = [process.execPath, ...runtime, entry, 'serve', '--port', String(port), ...arguments_];
      const limited =
        descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`];
      const [program = '', ...rest] = [...limited, ...command];
      const started = spawn(program, rest, {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      const collect = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
      };
      started.stdout.on('data', collect);
      started.stderr.on('data', collect);
      await eventually(`the server on port ${port} to be ready`, async () => {
        const end = started.exitCode ?? started.signalCode;
        if (end !== null) throw new Error(`the server ended with ${end}:\n${output}`);
        return isReady(`${http}/readyz`, authority);
      }).catch((error: unknown) => {
        // Nobody knows of it yet who could end it.
        started.kill('SIGKILL');
        throw error;
      });
    },
    signal: (signal) => {
      child?.kill(signal);
    },
    stop: async (signal) => {
      const stopped = child;
      if (stopped === undefined || stopped.exitCode !== null || stopped.signalCode !== null) return null;
      stopped.kill(signal);
      await once(stopped, 'exit');
      return stopped.exitCode;
    },
  };
}

async function isReady(url: string, authority: string | undefined): Promise<boolean> {
  if (authority === undefined) return (await fetch(url).catch(() => undefined))?.ok === true;
  const request = get(url, { ca: authority, agent: false });
  const [response] = await once(request, 'response').catch(() => []);
  (response as IncomingMessage | undefined)?.resume();
  return (response as IncomingMessage | undefined)?.statusCode === 200;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
