// A part of the crowd in a process of its own. It ends with its parent.
import { Buffer } from 'node:buffer';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { yWebsocket } from '../../bench/fan-out/frames.ts';
import type { CrowdAnswer, CrowdCommand, CrowdPlan } from './crowd-messages.ts';

const room = 'crowded';
/** Clients that look at what comes; the others only take it. */
const observers = 2;
/** Written before each time, so that observers find it in whatever frame it comes. */
const mark = Buffer.from('@@');
const timeDigits = 16;

const sockets: WebSocket[] = [];
const delaysMs: number[] = [];
let updates = 0;
let lost = 0;
let moves = 0;

process.on('message', (command: CrowdCommand) => {
  if (command === 'report') answer({ type: 'report', updates, lost, delaysMs });
  else void begin(command);
});
process.on('disconnect', () => process.exit());

async function begin(plan: CrowdPlan): Promise<void> {
  for (let at = 0; at < plan.clients; at++) sockets.push(await enter(plan.url, at < observers));
  const writer = new Y.Doc();
  const text = writer.getText('content');
  writer.on('update', (update: Uint8Array) => sockets[0]?.send(yWebsocket.update(room, update)));
  answer({ type: 'ready' });
  setInterval(() => {
    updates++;
    // It types over what it wrote: the document stays as large as a page.
    if (text.length > pageLength) text.delete(0, pageLength / 2);
    text.insert(text.length, `${mark}${now().toFixed(3).padStart(timeDigits)}`);
  }, 1000 / plan.updatesPerSecond);
  setInterval(() => {
    const at = moves++ % sockets.length;
    sockets[at]?.send(cursor(plan.first + at + 1, 1 + Math.floor(moves / sockets.length)));
  }, 1000 / plan.movesPerSecond);
}

const pageLength = 4000;

function enter(url: string, isObserver: boolean): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url}${yWebsocket.path(room)}`, { perMessageDeflate: false });
    socket.on('error', reject);
    socket.on('close', () => lost++);
    socket.on('open', () => {
      for (const frame of yWebsocket.opening(room)) socket.send(frame);
    });
    socket.on('message', (frame: Buffer) => {
      const reply = yWebsocket.answer(frame);
      if (reply !== undefined) {
        socket.send(reply);
        resolve(socket);
      } else if (isObserver) note(frame);
    });
  });
}

function note(frame: Buffer): void {
  // What a newcomer is told of the past is no news.
  if (frame[0] !== 0 || frame[1] !== 2) return;
  for (let at = frame.indexOf(mark); at >= 0; at = frame.indexOf(mark, at + 1)) {
    const from = at + mark.length;
    delaysMs.push(now() - Number(frame.toString('latin1', from, from + timeDigits)));
  }
}

/** The same for all processes of a machine. */
function now(): number {
  return (performance.timeOrigin + performance.now()) % 1e9;
}

function cursor(client: number, clock: number): Uint8Array {
  const states = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, JSON.stringify({ cursor: clock }));
  });
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint8Array(encoder, states);
  });
}

function answer(message: CrowdAnswer): void {
  process.send?.(message);
}
