import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay that stands for a network: it can be cut, and healed again, without either end being told. */
export interface TcpProxy {
  readonly port: number;
  /** Resets every connection and refuses new ones until healed. */
  cut(): void;
  heal(): void;
  /** How many there are. */
  connections(): number;
  close(): Promise<void>;
}

/** Relays connections on a free port of the loopback address to `targetPort()`, which is asked at each connection. */
export async function startTcpProxy(targetPort: () => number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let open = true;
  const server: Server = createServer((near) => {
    if (!open) {
      near.on('error', () => {});
      near.resetAndDestroy();
      return;
    }
    const far = connect(targetPort(), '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const reset = (): void => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    port: address.port,
    cut: () => {
      open = false;
      reset();
    },
    heal: () => {
      open = true;
    },
    connections: () => pairs.size,
    close: () => {
      open = false;
      reset();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
