import { webcrypto } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { limits } from '@hearsay/core';
import { openNodeStore } from '@hearsay/storage/node';
import { WebSocket } from 'ws';
import type { Platform } from './platform.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
// The socket keeps the process alive, and nothing else does.
const timers = {
  set(delayMs: number, fire: () => void): () => void {
    const timer = setTimeout(fire, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** Node: LevelDB in a directory, sockets of `ws`. */
export const platform: Platform = {
  clock,
  timers,
  entropy: (count) => webcrypto.getRandomValues(new Uint8Array(count)),
  openSocket: (address, subprotocol) =>
    new WebSocket(address, subprotocol, {
      perMessageDeflate: false,
      maxPayload: limits.peerMessageBytes,
    }),
  openStore: (directory, cluster) => openNodeStore({ directory, cluster, clock, timers }),
};
