import { freePort, type NodeProcess } from '../support/node-process.ts';
import type { Cluster } from './cluster.ts';
import { startWireTap, type TappedMessage } from './wire-tap.ts';

/** Two nodes that only reach each other through taps. */
export interface TappedPair {
  readonly left: NodeProcess;
  readonly right: NodeProcess;
  /** Everything they have said to each other since {@link clear}. */
  readonly messages: readonly TappedMessage[];
  clear(): void;
  /** Bytes of the messages whose type begins so. */
  bytes(prefix: string, from?: 'left' | 'right'): number;
  count(prefix: string, from?: 'left' | 'right'): number;
}

export interface TappedPairOptions {
  readonly left: string;
  readonly right: string;
  /** Further arguments of `serve`, for both. */
  readonly with: readonly string[];
}

/** Starts two nodes on two data directories. */
export async function startTappedPair(cluster: Cluster, options: TappedPairOptions): Promise<TappedPair> {
  const messages: TappedMessage[] = [];
  const ports = { left: await freePort(), right: await freePort() };
  const taps = {
    left: await startWireTap(ports.left, 'left', (message) => messages.push(message)),
    right: await startWireTap(ports.right, 'right', (message) => messages.push(message)),
  };
  cluster.after(() => Promise.all([taps.left.close(), taps.right.close()]));
  const start = (side: 'left' | 'right', join: readonly string[]): Promise<NodeProcess> => {
    const advertise = ['--advertise', `ws://127.0.0.1:${taps[side].port}`];
    return cluster.node({
      data: options[side],
      port: ports[side],
      join,
      with: [...advertise, ...options.with],
    });
  };
  const left = await start('left', []);
  const right = await start('right', [`ws://127.0.0.1:${taps.left.port}`]);
  const chosen = (prefix: string, from?: 'left' | 'right'): TappedMessage[] =>
    messages.filter((message) => message.type.startsWith(prefix) && (from ?? message.from) === message.from);
  return {
    left,
    right,
    messages,
    clear: () => {
      messages.length = 0;
    },
    bytes: (prefix, from) => chosen(prefix, from).reduce((sum, { bytes }) => sum + bytes, 0),
    count: (prefix, from) => chosen(prefix, from).length,
  };
}
