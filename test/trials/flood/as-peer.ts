import { randomBytes } from 'node:crypto';
import { type Digest, type ReplicaId, toHex } from '@hearsay/core';
import { decodeFrame, encodeFrame, type PeerMessage, protocolVersion } from '@hearsay/gossip-sync';
import { createSecretAuthenticator, peerPath, peerSubprotocol } from '@hearsay/gossip-sync/websocket';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import type { FloodReport } from './flood-messages.ts';

/**
 * A member of the cluster that sends what members send, each message valid, as fast as its socket takes them: of ten messages six
 * are mail with something new, the others pings and questions.
 */
export function floodAsPeer(url: string, secret: string): () => Omit<FloodReport, 'type'> {
  const authenticator = createSecretAuthenticator(secret);
  if (!authenticator.ok) throw new Error(authenticator.error.message);
  const identity = { cluster: 'test', replicaId: toHex(randomBytes(16)) as ReplicaId, incarnation: 1 };
  const socket = new WebSocket(`${url}${peerPath}`, peerSubprotocol);
  const writer = new Writer();
  const answered: Record<string, number> = {};
  let [sent, losses, sequence, mailed] = [0, 0, 0, 0];
  const say = (message: PeerMessage): void => {
    sent++;
    socket.send(encodeFrame(message));
  };
  const flood = (): void => {
    for (let turn = 0; turn < 100 && socket.bufferedAmount < mostBufferedBytes; turn++) {
      sequence++;
      const kind = sequence % 10;
      if (kind < 6) say(writer.mail(++mailed));
      else if (kind < 8) say({ channel: 'membership', message: { type: 'ping', sequence, claims: [] } });
      else if (kind === 8) say(writer.question(sequence));
      else say({ channel: 'membership', message: { type: 'compare', digest: '0'.repeat(32) } });
    }
    if (socket.readyState === WebSocket.OPEN) setImmediate(flood);
  };
  socket.on('open', () =>
    say({
      channel: 'handshake',
      message: {
        type: 'hello',
        version: protocolVersion,
        oldestVersion: 1,
        ...identity,
        session: 7,
        nonce: toHex(randomBytes(16)),
        addresses: [],
        region: '',
        capabilities: ['dial-only'],
      },
    }),
  );
  socket.on('error', () => {});
  socket.on('close', (code, reason) => {
    answered[`closed ${code} ${reason}`] = 1;
    losses++;
  });
  socket.on('message', async (frame: Buffer) => {
    const heard = decodeFrame(frame);
    if (!heard.ok || heard.value === null) return;
    const { channel, message } = heard.value;
    const what = `${channel}.${message.type}`;
    answered[what] = (answered[what] ?? 0) + 1;
    if (message.type === 'hello') {
      const token = await authenticator.value.prove(identity, message.replicaId, message.nonce);
      say({ channel: 'handshake', message: { type: 'proof', token } });
    } else if (message.type === 'proof') {
      flood();
    } else if (channel === 'membership' && message.type === 'ping') {
      say({ channel: 'membership', message: { type: 'ack', sequence: message.sequence, claims: [] } });
    }
  });
  return () => ({ sent, answered, losses });
}

/** Writes into a hundred documents in turn, a character at a time. */
class Writer {
  readonly #documents = Array.from({ length: 100 }, (_, at) => ({
    id: { collection: 'default', name: `flooded-by-a-peer-${at}` },
    doc: new Y.Doc(),
  }));
  #update: Uint8Array = new Uint8Array();

  constructor() {
    for (const { doc } of this.#documents) {
      doc.on('update', (update: Uint8Array) => {
        this.#update = update;
      });
    }
  }

  mail(sequence: number): PeerMessage {
    const document = this.#documents[sequence % this.#documents.length];
    if (document === undefined) throw new Error('no documents');
    document.doc.getText('text').insert(0, 'x');
    const change = { kind: 'update', id: document.id, life: 1, update: this.#update } as const;
    const entries = [{ sequence, change }];
    return { channel: 'mail', message: { type: 'delivery', number: sequence, through: sequence, entries } };
  }

  /** Begins an exchange of repair, whose root no store has. */
  question(session: number): PeerMessage {
    const root = toHex(randomBytes(16)) as Digest;
    return { channel: 'repair', message: { type: 'compare', session, root, head: session } };
  }
}

const mostBufferedBytes = 262_144;
