import { createServer, type Server } from 'node:http';
import type { Timers } from '@hearsay/core';
import { expect } from 'vitest';
import type { LinkId, Transport, TransportListener } from '../../ports.ts';
import { createWebSocketTransport, type WebSocketTransport } from '../transport.ts';
import { eventually } from './eventually.ts';

/** Fires timers by hand, so that heartbeats need no waiting. */
export interface ManualTimers extends Timers {
  fireAll(): void;
}

export function manualTimers(): ManualTimers {
  const pending = new Set<() => void>();
  return {
    set: (_, fire) => {
      pending.add(fire);
      return () => pending.delete(fire);
    },
    fireAll: () => {
      for (const fire of [...pending]) {
        pending.delete(fire);
        fire();
      }
    },
  };
}

/** One transport and what it told its listener. */
export interface Listened<Tested extends Transport> {
  readonly transport: Tested;
  readonly timers: ManualTimers;
  readonly opened: LinkId[];
  readonly frames: Uint8Array[];
  readonly closed: { link: LinkId | null; code: number; reason: string }[];
  readonly drained: LinkId[];
}

export type Side = Listened<WebSocketTransport>;

/** `provesAll`: every link counts as proven at once. */
export function listenTo<Tested extends Transport>(
  make: (timers: Timers) => Tested,
  provesAll = true,
): Listened<Tested> {
  const timers = manualTimers();
  const made: Listened<Tested> = {
    transport: make(timers),
    timers,
    opened: [],
    frames: [],
    closed: [],
    drained: [],
  };
  const listener: TransportListener = {
    linkOpened: (link) => {
      made.opened.push(link);
      if (provesAll) made.transport.proven(link);
    },
    frameReceived: (_, frame) => made.frames.push(Uint8Array.from(frame)),
    linkClosed: (link, _, code, reason) => made.closed.push({ link, code, reason }),
    linkDrained: (link) => made.drained.push(link),
  };
  made.transport.listen(listener);
  return made;
}

/** That takes nobody's word: its links stay unproven. */
export function doubtingSide(): Side {
  const clock = { now: () => 0, monotonic: () => 0 };
  return listenTo((timers) => createWebSocketTransport({ clock, timers }), false);
}

export function side(inboundBytesPerSecond?: number): Side {
  const clock = { now: () => 0, monotonic: () => 0 };
  const budget = inboundBytesPerSecond === undefined ? {} : { inboundBytesPerSecond };
  return listenTo((timers) => createWebSocketTransport({ clock, timers, ...budget }));
}

const servers: Server[] = [];

/** Ends what {@link serve} began; links are the transports' own, and end with their process. */
export function closeServers(): void {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}

export async function serve(accepting: Side): Promise<number> {
  const server = createServer((_, response) => response.end());
  server.on('upgrade', accepting.transport.accept);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}

export function portOf(server: Server | undefined): number {
  const address = server?.address();
  if (address === null || address === undefined || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Two transports with a link between them. */
export async function linked(): Promise<{
  readonly near: Side;
  readonly far: Side;
  readonly link: LinkId;
  readonly port: number;
}> {
  const [near, far] = [side(), side()];
  const port = await serve(far);
  near.transport.dial(`ws://127.0.0.1:${port}`);
  await eventually(() => expect([near.opened.length, far.opened.length]).toEqual([1, 1]));
  return { near, far, link: near.opened[0] ?? 0, port };
}
