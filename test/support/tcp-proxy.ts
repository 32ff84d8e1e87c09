import { connect, createServer, type Server, type Socket } from 'node:net';
import { PassThrough, Transform } from 'node:stream';

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

/** Bytes a second that pass each way of each connection; all of them where it is not given. */
export interface TcpProxyOptions {
  readonly bytesPerSecond?: number;
}

/** Relays connections on a free port of the loopback address to `targetPort()`, which is asked at each connection. */
export async function startTcpProxy(
  targetPort: () => number,
  { bytesPerSecond = Number.POSITIVE_INFINITY }: TcpProxyOptions = {},
): Promise<TcpProxy> {
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
    near.pipe(slowed(bytesPerSecond)).pipe(far);
    far.pipe(slowed(bytesPerSecond)).pipe(near);
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

/** Lets a stream through at a speed, and reads no faster: what waits waits with the sender. */
function slowed(bytesPerSecond: number): Transform {
  if (bytesPerSecond === Number.POSITIVE_INFINITY) return new PassThrough();
  const stepMs = 20;
  const stepBytes = Math.ceil((bytesPerSecond * stepMs) / 1000);
  return new Transform({
    highWaterMark: stepBytes,
    transform(chunk: Buffer, _encoding, done) {
      let at = 0;
      const step = (): void => {
        if (at >= chunk.byteLength || this.destroyed) {
          done();
          return;
        }
        this.push(chunk.subarray(at, at + stepBytes));
        at += stepBytes;
        setTimeout(step, stepMs);
      };
      step();
    },
  });
}
