import { HearsayProvider } from '@hearsay/client';
import { ByteWriter, createRandom, decode, fromHex } from '@hearsay/core';
import { versionOfUpdate } from '@hearsay/document';
import * as Y from 'yjs';
import {
  emptyUpdateBytes,
  type ScriptedServer,
  serverFrames as say,
  startScriptedServer,
} from '../support/scripted-server.ts';
import { serverFrames } from './corpus/server-frames.ts';
import { updates } from './corpus/updates.ts';
import type { FuzzTarget } from './fuzz.ts';

const channel = 'notes';
/** What the document holds, so that a mutated update meets what it may clash with. */
const held = updates.map(fromHex).filter((update) => versionOfUpdate(update).ok);
const ping = Uint8Array.of(9);
const pong = 10;

/**
 * What a server says to a whole provider which has an edit that nobody has: one frame after a good beginning, or any frames in any
 * order from the start. Taken: the connection is still there. What is thrown in the provider ends the process.
 */
export async function providerTargets(): Promise<{ targets: FuzzTarget[]; server: ScriptedServer }> {
  let frames: readonly Uint8Array[] = [];
  let answered = (_: boolean): void => {};
  let deliveries = 0;
  const server = await startScriptedServer((socket, heard) => {
    if (heard === 'opened') {
      const answer = answered;
      // The first pong answers the ping after the frames.
      socket.on('message', (data: Buffer) => {
        if (data.length === 1 && data[0] === pong) answer(true);
      });
      socket.on('close', () => answer(false));
    } else if (heard.type === 0 && heard.step !== 0) deliveries++;
    else if (heard.type === 2) for (const frame of [...frames, ping]) socket.send(frame);
  });
  const feed = async (said: readonly Uint8Array[]): Promise<boolean> => {
    frames = said;
    deliveries = 0;
    const doc = new Y.Doc();
    const text = doc.getText('text');
    text.insert(0, 'mine');
    const answer = new Promise<boolean>((resolve) => {
      answered = resolve;
    });
    const provider = new HearsayProvider(server.url, channel, doc);
    const taken = await answer;
    const [written, { unsaved }] = [text.toString(), provider];
    await provider.destroy();
    doc.destroy();
    if (!written.includes('mine')) throw new Error(`the edit is lost: ${written}`);
    if (unsaved !== 1 && deliveries === 0) throw new Error('the edit is taken for saved, and was never sent');
    return taken;
  };
  const one: FuzzTarget = {
    name: 'frames of servers to a provider',
    corpus: serverFrames.map(fromHex),
    feed: (frame) => feed([...beginning, frame]),
  };
  const many: FuzzTarget = {
    name: 'conversations of servers with a provider',
    corpus: conversations(),
    feed: (list) => feed(framesOf(list)),
  };
  return { targets: [one, many], server };
}

const beginning: readonly Uint8Array[] = [
  say.authenticated(channel),
  say.welcome(channel, 3),
  say.sync(channel, 1, emptyUpdateBytes),
  ...held.map((update) => say.sync(channel, 2, update)),
];

/** Frames in orders that no server has. */
function conversations(): Uint8Array[] {
  const random = createRandom('conversations');
  const all = [...beginning.slice(0, 3), ...serverFrames.map(fromHex)];
  return Array.from({ length: 60 }, () => {
    const writer = new ByteWriter(256);
    for (let rest = 2 + random.below(15); rest > 0; rest--) writer.varBytes(random.pick(all) ?? ping);
    return writer.finish();
  });
}

/** As far as it is a list of frames; the rest is one more. */
function framesOf(list: Uint8Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  const read = decode(list, (reader) => {
    while (reader.remaining > 0) frames.push(reader.varBytes());
  });
  return read.ok ? frames : [...frames, list];
}
