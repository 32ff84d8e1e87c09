import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { decodeFrame } from '@hearsay/gossip-sync';

/** One message between two peers, as it passed on the wire. */
export interface TappedMessage {
  /** The node that sent it. */
  readonly from: 'left' | 'right';
  /** As the protocol names it, such as `repair.compare`. */
  readonly type: string;
  /** WebSocket payload. */
  readonly bytes: number;
}

/** A relay to one node that reads along; nothing is trusted to what the nodes say of themselves. */
export interface WireTap {
  readonly port: number;
  close(): Promise<void>;
}

/** Relays connections to `targetPort`, whose node is `target`, and reports every peer message in both directions. */
export async function startWireTap(
  targetPort: number,
  target: 'left' | 'right',
  report: (message: TappedMessage) => void,
): Promise<WireTap> {
  const sockets = new Set<Socket>();
  const dialler = target === 'left' ? 'right' : 'left';
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const [socket, other, from] of [
      [near, far, dialler],
      [far, near, target],
    ] as const) {
      sockets.add(socket);
      const messages = messageReader((payload) => {
        const frame = decodeFrame(payload);
        if (!frame.ok) throw new Error(`a peer sent what no peer understands: ${frame.error.message}`);
        if (frame.value === null) return;
        const { channel, message } = frame.value;
        report({ from, type: `${channel}.${message.type}`, bytes: payload.byteLength });
      });
      socket.on('data', (chunk: Buffer) => {
        messages(chunk);
        other.write(chunk);
      });
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Cuts one direction of a WebSocket into the payloads of its binary messages. */
function messageReader(payload: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isUpgraded = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    if (!isUpgraded) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      rest = rest.subarray(end + 4);
      isUpgraded = true;
    }
    for (let frame = nextFrame(rest); frame !== undefined; frame = nextFrame(rest)) {
      rest = rest.subarray(frame.wireBytes);
      if (frame.isBinary) payload(frame.payload);
    }
  };
}

/** RFC 6455, 5.2; undefined until a whole frame is there. `ws` sends every message as one frame. */
function nextFrame(
  bytes: Buffer,
): { readonly payload: Buffer; readonly isBinary: boolean; readonly wireBytes: number } | undefined {
  if (bytes.byteLength < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const isMasked = (bytes.readUInt8(1) & 0x80) !== 0;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headerBytes = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.byteLength < headerBytes) return undefined;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const wireBytes = headerBytes + length;
  if (bytes.byteLength < wireBytes) return undefined;
  const payload = Buffer.from(bytes.subarray(headerBytes, wireBytes));
  if (isMasked) {
    const mask = bytes.subarray(headerBytes - 4, headerBytes);
    for (const [index, value] of payload.entries()) payload[index] = value ^ (mask[index % 4] ?? 0);
  }
  return { payload, isBinary: (bytes.readUInt8(0) & 0x0f) === 2, wireBytes };
}
