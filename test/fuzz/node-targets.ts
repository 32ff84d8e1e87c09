import { connect } from 'node:net';
import { concat, createRandom, fromHex, utf8Encode } from '@hearsay/core';
import { clientFrames, hocuspocusFrames } from './corpus/client-frames.ts';
import { httpRequests } from './corpus/http-requests.ts';
import type { FuzzTarget } from './fuzz.ts';

const handshake = utf8Encode(
  'GET /fuzzed HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
);

/** Bytes on the sockets of a whole node; after each it still answers others. */
export function nodeTargets(port: number): FuzzTarget[] {
  const random = createRandom('masks');
  return [
    {
      name: 'HTTP requests',
      corpus: httpRequests.map((request) => utf8Encode(request.replaceAll('\n', '\r\n'))),
      feed: (request) => spoken(port, request),
    },
    {
      name: 'WebSocket frames on the wire',
      corpus: [...clientFrames, ...hocuspocusFrames].map((frame) => masked(fromHex(frame), random.bytes(4))),
      feed: (frames) => spoken(port, concat(handshake, frames)),
    },
  ];
}

/** Says it and hangs up after the first answer, or after a moment without one; then asks how the node is. */
async function spoken(port: number, bytes: Uint8Array): Promise<boolean> {
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let timer: NodeJS.Timeout | undefined;
    const done = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.on('error', () => done(false));
    socket.once('data', () => done(true));
    socket.once('end', () => done(false));
    socket.write(bytes);
    timer = setTimeout(() => done(false), patienceMs);
  });
  const health = await fetch(`http://127.0.0.1:${port}/healthz`);
  if (!health.ok) throw new Error(`the node answers ${health.status}`);
  await health.arrayBuffer();
  return answered;
}

/** Many inputs leave a server waiting for the rest; they are not waited for. */
const patienceMs = 15;

function masked(payload: Uint8Array, key: Uint8Array): Uint8Array {
  const length = payload.byteLength;
  const head = length < 126 ? [0x82, 0x80 | length] : [0x82, 0xfe, length >> 8, length & 255];
  return concat(
    Uint8Array.from(head),
    key,
    payload.map((byte, index) => byte ^ (key[index & 3] ?? 0)),
  );
}
