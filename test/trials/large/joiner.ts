import * as decoding from 'lib0/decoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { yWebsocket } from '../../bench/fan-out/frames.ts';

/** What came of one client that opened a document with empty hands. */
export interface Joined {
  readonly tookMs: number;
  readonly pieces: readonly Uint8Array[];
}

/**
 * Opens a document as a stock client does, and takes what comes until it is told that it is in sync. It builds no document: ten
 * of those would take more of the machine than the node.
 */
export function join(url: string, name: string): Promise<Joined> {
  const beganAt = performance.now();
  const pieces: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url}${yWebsocket.path(name)}`, { perMessageDeflate: false });
    socket.on('error', reject);
    socket.on('open', () => {
      for (const frame of yWebsocket.opening(name)) socket.send(frame);
    });
    socket.on('close', (code: number) => reject(new Error(`${name} was closed with ${code}`)));
    socket.on('message', (frame: Buffer) => {
      const decoder = decoding.createDecoder(frame);
      if (decoding.readVarUint(decoder) !== sync) return;
      const step = decoding.readVarUint(decoder);
      if (step === firstStep) return;
      pieces.push(decoding.readVarUint8Array(decoder));
      if (step !== secondStep) return;
      socket.removeAllListeners('close');
      socket.terminate();
      resolve({ tookMs: performance.now() - beganAt, pieces });
    });
  });
}

/** Clocks of each client that some updates bring. */
export function clocksOf(pieces: readonly Uint8Array[]): ReadonlyMap<number, number> {
  const clocks = new Map<number, number>();
  for (const piece of pieces) {
    for (const [client, clock] of Y.parseUpdateMeta(piece).to) {
      clocks.set(client, Math.max(clock, clocks.get(client) ?? 0));
    }
  }
  return clocks;
}

const sync = 0;
const [firstStep, secondStep] = [0, 1];
