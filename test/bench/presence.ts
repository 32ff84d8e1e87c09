import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import { yWebsocket } from './fan-out/frames.ts';

const room = 'presence';
const perNode = 500;
const moves = 200;

/** A bare client of the document that shows itself, and notes whom it sees. */
interface Peer {
  readonly socket: WebSocket;
  readonly seen: Map<number, number>;
  frames: number;
  announce(clock: number): void;
}

/** Presence of 1,000 connections of one document on two nodes: how long one's move takes to be seen on the other node. */
export async function benchPresence(report: (line: string) => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'hearsay-presence-'));
  const secret = { HEARSAY_SECRET: '5f0c7ab1e99d42c6b83a1740d2ce96fb' };
  const nodes: NodeProcess[] = [];
  const peers: Peer[] = [];
  try {
    for (const name of ['0', '1']) {
      const joined = nodes.flatMap(({ url }) => ['--join', url]);
      const flags = ['--data', join(directory, name), '--log-level', 'error', ...joined];
      nodes.push(await startNodeProcess(await freePort(), flags, secret));
    }
    for (const node of nodes) {
      for (let count = 0; count < perNode; count++) peers.push(await connect(node, 1000 + peers.length));
    }
    const started = performance.now();
    for (const peer of peers) peer.announce(1);
    await eventually('all to see all', () => peers.every(({ seen }) => seen.size === peers.length), 120_000);
    const allMs = performance.now() - started;
    const frames = peers.reduce((sum, peer) => sum + peer.frames, 0) / peers.length;
    report(
      `  1,000 show themselves at once: all see all in ${allMs.toFixed(0)} ms, in ${frames.toFixed(0)} frames each`,
    );
    const [mover] = peers;
    const watcher = peers.at(-1);
    if (mover === undefined || watcher === undefined) throw new Error('nobody is there');
    const times: number[] = [];
    for (let clock = 2; clock < moves + 2; clock++) {
      const at = performance.now();
      mover.announce(clock);
      await eventually('the move to be seen', () => watcher.seen.get(1000) === clock);
      times.push(performance.now() - at);
    }
    times.sort((a, b) => a - b);
    const share = (of: number): string => (times[Math.floor(of * (times.length - 1))] ?? 0).toFixed(0);
    report(
      `  a move is seen on the other node after ${share(0.5)} ms (median), ${share(0.99)} ms (99 %), ${share(1)} ms at most`,
    );
    const left = performance.now();
    mover.socket.terminate();
    await eventually('it to be gone', () => watcher.seen.get(1000) === undefined);
    report(
      `  who closes the connection is gone on the other node after ${(performance.now() - left).toFixed(0)} ms`,
    );
  } finally {
    for (const { socket } of peers) socket.terminate();
    for (const node of nodes) await node.stop('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}

async function connect(node: NodeProcess, client: number): Promise<Peer> {
  const socket = new WebSocket(`${node.url}${yWebsocket.path(room)}`, { perMessageDeflate: false });
  const peer: Peer = {
    socket,
    seen: new Map(),
    frames: 0,
    announce: (clock) => socket.send(awareness(client, clock)),
  };
  socket.on('error', () => {});
  socket.on('message', (data: Buffer) => {
    const answer = yWebsocket.answer(data);
    if (answer !== undefined) socket.send(answer);
    else if (data[0] === 1) note(peer, data);
  });
  await once(socket, 'open');
  for (const frame of yWebsocket.opening(room)) socket.send(frame);
  return peer;
}

function awareness(client: number, clock: number): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1);
    const state = encoding.encode((inner) => {
      encoding.writeVarUint(inner, 1);
      encoding.writeVarUint(inner, client);
      encoding.writeVarUint(inner, clock);
      encoding.writeVarString(inner, JSON.stringify({ cursor: clock }));
    });
    encoding.writeVarUint8Array(encoder, state);
  });
}

function note(peer: Peer, frame: Uint8Array): void {
  peer.frames++;
  const outer = decoding.createDecoder(frame);
  decoding.readVarUint(outer);
  const states = decoding.createDecoder(decoding.readVarUint8Array(outer));
  for (let left = decoding.readVarUint(states); left > 0; left--) {
    const client = decoding.readVarUint(states);
    const clock = decoding.readVarUint(states);
    if (decoding.readVarString(states) === 'null') peer.seen.delete(client);
    else peer.seen.set(client, clock);
  }
}
