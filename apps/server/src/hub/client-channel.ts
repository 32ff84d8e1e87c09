import {
  type AwarenessEntry,
  type Channel,
  closeCodes,
  type DialectName,
  presenceFrame,
  type SessionEvent,
  updateFrame,
} from '@hearsay/client-protocol';
import { type DocumentId, documentKey, type Life, limits } from '@hearsay/core';
import type { UpdateOrigin } from '@hearsay/storage';
import type { Connection } from '../websocket/connection.ts';
import { type FanOut, Subscription } from './fan-out.ts';
import type { NewDocumentGate, NewDocuments } from './new-documents.ts';
import type { PacedOutput } from './paced-output.ts';
import type { PresenceHub, PresenceListener } from './presence.ts';

export interface ClientChannelDeps {
  readonly fanOut: FanOut;
  readonly presence: PresenceHub;
  readonly newDocuments: NewDocuments;
}

export interface ClientChannelOptions {
  readonly channel: Channel;
  readonly document: DocumentId;
  readonly dialect: DialectName;
  /** Names this channel of this socket among all of the process. */
  readonly session: string;
  /** Who logged in, where that is known. */
  readonly user: string | undefined;
  readonly connection: Pick<Connection, 'address' | 'write' | 'close'>;
  readonly output: Pick<PacedOutput, 'bytes'>;
}

/** One document as one socket follows it: its updates and its presence. */
export class ClientChannel {
  /** How the store is told where an update came from. */
  readonly origin: UpdateOrigin;
  /** Where its updates pass, on their way to the store. */
  readonly gate: NewDocumentGate;
  readonly #deps: ClientChannelDeps;
  readonly #document: DocumentId;
  readonly #subscription: Subscription;
  readonly #listener: PresenceListener;
  readonly #session: string;
  readonly #channel: Channel;
  readonly #tell: (event: SessionEvent) => void;
  readonly #waits: (() => void)[] = [];
  #synced = false;
  #ended = false;

  constructor(deps: ClientChannelDeps, options: ClientChannelOptions, tell: (event: SessionEvent) => void) {
    const { channel, document, dialect, session, user, connection, output } = options;
    const key = documentKey(document);
    const group = `${dialect} ${channel}`;
    this.origin = { kind: 'client', session, ...(user !== undefined && { user }) };
    this.gate = deps.newDocuments.gate(document, { address: connection.address, user });
    this.#deps = deps;
    this.#document = document;
    this.#session = session;
    this.#channel = channel;
    this.#tell = tell;
    this.#subscription = new Subscription(
      key,
      session,
      { name: group, encode: (update) => updateFrame(dialect, channel, update) },
      {
        bufferedBytes: () => output.bytes,
        write: (frame) => connection.write(frame),
        overflow: () => connection.close(closeCodes.tryAgainLater, 'reads too slowly'),
        ended: () => tell({ type: 'documentDeleted', channel }),
      },
    );
    this.#listener = {
      key,
      group,
      encode: (entries) => presenceFrame(dialect, channel, entries),
      show: (frame) => {
        // To a slow client the next one will do.
        if (output.bytes <= limits.clientBufferSoftBytes) connection.write(frame);
      },
    };
    deps.fanOut.add(this.#subscription);
    deps.presence.join(document, this.#listener);
  }

  /** The client has its state of a life: from now on it hears of every change. */
  flow(life: Life): void {
    this.#synced = true;
    this.#subscription.flow(life);
  }

  /** The socket's buffer is empty: a slow client may go on. */
  drained(): void {
    if (this.#synced && this.#subscription.isHolding) this.#subscription.flow();
  }

  announce(entries: readonly AwarenessEntry[]): void {
    const corrections = this.#deps.presence.announce(this.#document, this.#session, entries);
    this.#tell({ type: 'presence', channel: this.#channel, entries: corrections });
  }

  /** Something that somebody waits for as long as this is open. At most so many at a time: the first give way. */
  waits(stop: () => void): void {
    this.#waits.push(stop);
    if (this.#ended || this.#waits.length > maxWaits) this.#waits.shift()?.();
  }

  end(): void {
    this.#ended = true;
    for (const stop of this.#waits.splice(0)) stop();
    this.#deps.fanOut.delete(this.#subscription);
    this.#deps.presence.part(this.#document, this.#listener, this.#session);
  }
}

/** Levels that one client waits for with one document; an application waits for a few. */
const maxWaits = 64;
