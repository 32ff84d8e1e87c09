/**
 * One unmasked binary WebSocket message (RFC 6455, 5.2) ready for the wire. Built once and written to many sockets:
 * what `ws` would build anew, header and bookkeeping, for each of them.
 */
export function webSocketFrame(payload: Uint8Array): Buffer {
  const { byteLength } = payload;
  const headerBytes = byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + byteLength);
  frame[0] = finalBinary;
  if (headerBytes === 2) {
    frame[1] = byteLength;
  } else if (headerBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(byteLength, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(byteLength), 2);
  }
  frame.set(payload, headerBytes);
  return frame;
}

/** The message of a frame that {@link webSocketFrame} built. */
export function payloadOf(frame: Buffer): Uint8Array {
  const length = frame[1] ?? 0;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}

const finalBinary = 0x82;
