import { webcrypto } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { limits } from '@hearsay/core';
import { ClassicLevel } from 'classic-level';
import { WebSocket } from 'ws';
import { openLongPollTransport } from '../../connection/long-poll-transport.ts';
import { openWebSocketTransport, type WebSocketLike } from '../../connection/web-socket-transport.ts';
import { createSameProgramTabs } from '../../tabs/same-program-tabs.ts';
import type { ProviderPlatform } from './platform.ts';

/** Node: LevelDB in a directory, sockets of `ws`, providers of one program as one client. */
export const platform: ProviderPlatform = {
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  // The socket keeps the process alive, and nothing else does.
  timers: {
    set(delayMs, fire) {
      const timer = setTimeout(fire, delayMs).unref();
      return () => clearTimeout(timer);
    },
  },
  entropy: (count) => webcrypto.getRandomValues(new Uint8Array(count)),
  openTransport: (transport, options, events) =>
    transport === 'websocket'
      ? openWebSocketTransport(openSocket, options.url, events)
      : openLongPollTransport((url, init) => fetch(url, init), options, events),
  onStir: () => () => {},
  openDatabase: async (name) => {
    const database = new ClassicLevel<string, Uint8Array>(name, { valueEncoding: 'view' });
    await database.open();
    return database;
  },
  defaultStorage: () => null,
  joinTabs: createSameProgramTabs(),
};

function openSocket(url: string): WebSocketLike {
  const options = { perMessageDeflate: false, maxPayload: limits.serverMessageBytes, autoPong: false };
  const socket = new WebSocket(url, options);
  // By itself the library answers every ping, also those of a server that reads nothing.
  socket.on('ping', (data) => {
    if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount <= limits.clientBufferSoftBytes) {
      socket.pong(data);
    }
  });
  return socket;
}
