import { connect, type Socket } from 'node:net';
import { peerPath, peerSubprotocol } from '../transport.ts';

/** A socket that has shaken hands as a peer, by hand: what it says next may be anything. `extra`: more header lines. */
export function rawPeer(port: number, extra = ''): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET ${peerPath} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      `Sec-WebSocket-Protocol: ${peerSubprotocol}\r\n${extra}\r\n`,
  );
  return socket;
}

/** A frame with a mask of zeros: legal, and its payload can be read. */
export function rawFrame(
  firstByte: number,
  payload: Uint8Array,
  announced: number = payload.byteLength,
): Buffer {
  const length =
    announced < 126
      ? Buffer.of(0x80 | announced)
      : announced < 65_536
        ? Buffer.of(0x80 | 126, announced >> 8, announced & 0xff)
        : Buffer.concat([Buffer.of(0x80 | 127), bigEndian(BigInt(announced))]);
  return Buffer.concat([Buffer.of(firstByte), length, Buffer.alloc(4), payload]);
}

function bigEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
