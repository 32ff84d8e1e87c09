import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a WebSocket handshake has beside its request line, Host and end. */
export const upgradeHeaders =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** A handshake for `path`, with more header lines. */
export function handshake(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgradeHeaders}${more}\r\n`;
}

/** Says `text` and listens until the connection is closed or has become a WebSocket; gives all that came. */
export async function exchange(port: number, text: string | Buffer): Promise<string> {
  const socket = rawSocket(port);
  let heard = '';
  const over = once(socket, 'close');
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
    if (heard.startsWith('HTTP/1.1 101 ')) socket.destroy();
  });
  socket.write(text);
  await over;
  return heard;
}

/** The statuses of all answers in what came. */
export function statusesOf(heard: string): readonly number[] {
  return [...heard.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}

/** A connection that errs in silence. */
export function rawSocket(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  return socket;
}

/** A WebSocket by hand: what it says next may be anything. `answer` is the head that it was let in with. */
export async function rawWebSocket(
  port: number,
  path = '/a',
  more = '',
): Promise<{
  readonly socket: Socket;
  readonly answer: string;
  received(): Buffer;
  closeCode(): Promise<number | undefined>;
}> {
  const socket = rawSocket(port);
  let heard = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]);
  });
  socket.write(handshake(path, more));
  while (!heard.includes('\r\n\r\n')) await once(socket, 'data');
  const end = heard.indexOf('\r\n\r\n') + 4;
  const over = once(socket, 'close');
  return {
    socket,
    answer: heard.subarray(0, end).toString('latin1'),
    received: () => heard.subarray(end),
    closeCode: async () => {
      // `ws` answers a bad frame with a close of its own and waits for the other end's.
      while (closeCodeIn(heard.subarray(end)) === undefined && !socket.closed)
        await Promise.race([once(socket, 'data'), over]);
      socket.end();
      await over;
      return closeCodeIn(heard.subarray(end));
    },
  };
}

/** One frame with a mask of zeros, which leaves its payload readable; `announced` where it lies about its length. */
export function rawFrame(
  firstByte: number,
  payload: Uint8Array = new Uint8Array(),
  announced: number | bigint = payload.byteLength,
): Buffer {
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(announced));
  const length =
    announced < 126
      ? Buffer.of(0x80 | Number(announced))
      : announced < 65_536
        ? Buffer.concat([Buffer.of(0x80 | 126), long.subarray(6)])
        : Buffer.concat([Buffer.of(0x80 | 127), long]);
  return Buffer.concat([Buffer.of(firstByte), length, Buffer.alloc(4), payload]);
}

/** Of the close frame among small unmasked frames. */
function closeCodeIn(bytes: Buffer): number | undefined {
  for (let at = 0; at + 1 < bytes.length; ) {
    const length = bytes[at + 1] ?? 0;
    const [header, size] =
      length < 126
        ? [2, length]
        : length === 126
          ? [4, bytes.readUInt16BE(at + 2)]
          : [10, Number(bytes.readBigUInt64BE(at + 2))];
    if (((bytes[at] ?? 0) & 15) === 8)
      return bytes.length < at + 4 ? undefined : bytes.readUInt16BE(at + header);
    at += header + size;
  }
  return undefined;
}
