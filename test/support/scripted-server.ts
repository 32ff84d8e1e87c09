import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ByteWriter, decode } from '@hearsay/core';
import { type WebSocket, WebSocketServer } from 'ws';

/** Frames of a server in the dialect that providers speak; payloads as they are given. */
export const serverFrames: {
  authenticated(channel: string): Uint8Array;
  denied(channel: string): Uint8Array;
  askForToken(channel: string): Uint8Array;
  queryPresence(channel: string): Uint8Array;
  welcome(channel: string, life: number, cluster?: string): Uint8Array;
  reset(channel: string, life: number): Uint8Array;
  reached(channel: string, upTo: number, nodes: number): Uint8Array;
  sync(channel: string, step: 0 | 1 | 2, payload: Uint8Array): Uint8Array;
  presence(channel: string, update: Uint8Array): Uint8Array;
  status(channel: string): Uint8Array;
  closed(channel: string, reason: string): Uint8Array;
} = {
  authenticated: (channel) => frame(channel, 2).varUint(2).varString('read-write').finish(),
  denied: (channel) => frame(channel, 2).varUint(1).varString('no').finish(),
  askForToken: (channel) => frame(channel, 2).varUint(0).finish(),
  queryPresence: (channel) => frame(channel, 3).finish(),
  welcome: (channel, life, cluster = 'c') =>
    frame(channel, 64).varUint(1).varUint(1).varUint(life).varString(cluster).varString('ab').finish(),
  reset: (channel, life) => frame(channel, 64).varUint(2).varUint(life).varUint(1).finish(),
  reached: (channel, upTo, nodes) =>
    frame(channel, 64).varUint(4).varUint(upTo).varUint(nodes).varUint(1).finish(),
  sync: (channel, step, payload) => frame(channel, 0).varUint(step).varBytes(payload).finish(),
  presence: (channel, update) => frame(channel, 1).varBytes(update).finish(),
  status: (channel) => frame(channel, 8).varUint(1).finish(),
  closed: (channel, reason) => frame(channel, 7).varString(reason).finish(),
};

/** Neither structs nor deletes; and a state vector of nothing. */
export const emptyUpdateBytes: Uint8Array = Uint8Array.of(0, 0);
export const emptyStateVector: Uint8Array = Uint8Array.of(0);

/** A frame of a provider; `step` of syncs alone. */
export interface HeardFrame {
  readonly channel: string;
  readonly type: number;
  readonly step: number | null;
}

/** A server that says what a test has it say, to whoever comes, whatever they say. */
export interface ScriptedServer {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export async function startScriptedServer(
  hear: (socket: WebSocket, heard: HeardFrame | 'opened') => void,
): Promise<ScriptedServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const heard = readClientFrame(data);
      if (heard !== undefined) hear(socket, heard);
    });
    hear(socket, 'opened');
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `ws://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function frame(channel: string, type: number): ByteWriter {
  return new ByteWriter(64).varString(channel).varUint(type);
}

function readClientFrame(bytes: Uint8Array): HeardFrame | undefined {
  const heard = decode(bytes, (reader): HeardFrame => {
    const [channel, type] = [reader.varString(), reader.varUint()];
    const step = type === 0 ? reader.varUint() : null;
    reader.rest();
    return { channel, type, step };
  });
  return heard.ok ? heard.value : undefined;
}
