import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ByteWriter, decode } from '@hearsay/core';
import { WebSocket } from 'ws';

/** A server that lets no WebSocket through, and carries the frames of long polls to a node that takes WebSockets. */
export interface LongPollBridge {
  readonly url: string;
  /** Open sessions. */
  sessions(): number;
  /** Attempts at a WebSocket that were turned down. */
  upgrades(): number;
  close(): Promise<void>;
}

interface Session {
  readonly socket: WebSocket;
  waiting: Uint8Array[];
  wake: () => void;
  closed: { readonly code: number; readonly reason: string } | undefined;
}

export async function startLongPollBridge(nodeUrl: string): Promise<LongPollBridge> {
  const sessions = new Map<string, Session>();
  let upgrades = 0;
  const server = createServer((request, response) => {
    answer(sessions, nodeUrl, request, response).catch(() => response.writeHead(500).end());
  });
  server.on('upgrade', (_, socket) => {
    upgrades++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the bridge has no port');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    sessions: () => sessions.size,
    upgrades: () => upgrades,
    close: () => {
      for (const { socket } of sessions.values()) socket.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  sessions: Map<string, Session>,
  nodeUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, , , id, part] = (request.url ?? '').split('/');
  if (id === undefined) {
    const created = randomUUID();
    sessions.set(created, await openSession(nodeUrl));
    response.end(JSON.stringify({ session: created }));
    return;
  }
  const session = sessions.get(id);
  if (session === undefined) {
    response.writeHead(410).end(JSON.stringify({ code: 1006, reason: 'no such session' }));
  } else if (request.method === 'DELETE') {
    sessions.delete(id);
    session.socket.close();
    response.end();
  } else if (part === 'frames' && request.method === 'POST') {
    for (const frame of readFrames(await bodyOf(request))) session.socket.send(frame);
    response.end();
  } else await poll(session, response);
}

async function openSession(nodeUrl: string): Promise<Session> {
  const socket = new WebSocket(nodeUrl);
  const session: Session = { socket, waiting: [], wake: () => {}, closed: undefined };
  socket.on('message', (data: Buffer) => {
    session.waiting.push(data);
    session.wake();
  });
  socket.on('close', (code, reason) => {
    session.closed = { code, reason: reason.toString() };
    session.wake();
  });
  await once(socket, 'open');
  return session;
}

async function poll(session: Session, response: ServerResponse): Promise<void> {
  if (session.waiting.length === 0 && session.closed === undefined) {
    await new Promise<void>((resolve) => {
      session.wake = resolve;
      response.on('close', resolve);
    });
  }
  const frames = session.waiting;
  session.waiting = [];
  if (frames.length === 0 && session.closed !== undefined) {
    response.writeHead(410).end(JSON.stringify(session.closed));
    return;
  }
  const writer = new ByteWriter(1024);
  for (const frame of frames) writer.varBytes(frame);
  response.end(writer.finish());
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function readFrames(bytes: Uint8Array): readonly Uint8Array[] {
  const frames = decode(bytes, (reader) => {
    const list: Uint8Array[] = [];
    while (reader.remaining > 0) list.push(reader.varBytes());
    return list;
  });
  if (!frames.ok) throw new Error(frames.error.message);
  return frames.value;
}
