import { HearsayProvider } from '@hearsay/client';
import { fromHex } from '@hearsay/core';
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
 * A frame of a server to a whole provider, which has an edit that nobody acknowledged. Taken: the connection is still there.
 * What is thrown in the provider ends the process.
 */
export async function providerTarget(): Promise<{ target: FuzzTarget; server: ScriptedServer }> {
  let frame = new Uint8Array();
  let answered = (_: boolean): void => {};
  const server = await startScriptedServer((socket, heard) => {
    if (heard === 'opened') {
      const answer = answered;
      // The first pong answers the ping after the frame.
      socket.on('message', (data: Buffer) => {
        if (data.length === 1 && data[0] === pong) answer(true);
      });
      socket.on('close', () => answer(false));
    } else if (heard.type === 2) {
      socket.send(say.authenticated(channel));
      socket.send(say.welcome(channel, 3));
      socket.send(say.sync(channel, 1, emptyUpdateBytes));
      for (const update of held) socket.send(say.sync(channel, 2, update));
      socket.send(frame);
      socket.send(ping);
    }
  });
  const feed = async (input: Uint8Array): Promise<boolean> => {
    frame = Uint8Array.from(input);
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
    if (unsaved !== 1) throw new Error(`the edit is taken for saved: ${unsaved} are not`);
    return taken;
  };
  return {
    target: { name: 'frames of servers to a provider', corpus: serverFrames.map(fromHex), feed },
    server,
  };
}
