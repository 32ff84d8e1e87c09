import { type ByteReader, ByteWriter, decode } from '@hearsay/core';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import type { FloodReport } from './flood-messages.ts';

/** A client that types a character an update, in the Hocuspocus dialect, as fast as its socket takes them. */
export function floodAsClient(url: string): () => Omit<FloodReport, 'type'> {
  const socket = new WebSocket(url);
  const document = new Y.Doc();
  const text = document.getText('text');
  let [sent, acknowledged, refused, losses] = [0, 0, 0, 0];
  const say = (body: (writer: ByteWriter) => unknown): void => {
    const writer = new ByteWriter(64).varString(floodedDocument);
    body(writer);
    socket.send(writer.finish());
  };
  document.on('update', (update: Uint8Array) => {
    say((writer) => writer.varUint(sync).varUint(updateType).varBytes(update));
    sent++;
  });
  const type = (): void => {
    // Typed at the front: what Yjs itself needs to find the place does not grow.
    for (let turn = 0; turn < 100 && socket.bufferedAmount < mostBufferedBytes; turn++) text.insert(0, 'x');
    if (socket.readyState === WebSocket.OPEN) setImmediate(type);
  };
  socket.on('open', () => say((writer) => writer.varUint(auth).varUint(0).varString('')));
  socket.on('error', () => {});
  socket.on('close', () => losses++);
  socket.on('message', (frame: Buffer) => {
    const heard = decode(frame, (reader: ByteReader) => {
      reader.varString();
      const kind = reader.varUint();
      const value = kind === auth || kind === syncStatus ? reader.varUint() : 0;
      reader.rest();
      return { kind, value };
    });
    if (!heard.ok) return;
    const { kind, value } = heard.value;
    if (kind === auth && value === authenticated) type();
    if (kind === syncStatus && value === 1) acknowledged++;
    if (kind === syncStatus && value !== 1) refused++;
  });
  return () => ({ sent, answered: { acknowledged, refused }, losses });
}

export const floodedDocument = 'flooded';
const [sync, auth, syncStatus] = [0, 2, 8];
const updateType = 2;
const authenticated = 2;
const mostBufferedBytes = 262_144;
