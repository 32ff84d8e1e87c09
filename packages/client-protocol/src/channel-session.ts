import type { DocumentId, Life } from '@hearsay/core';
import type { AwarenessEntry } from './awareness.ts';
import { closeCodes } from './close-codes.ts';
import type { Framing } from './framing.ts';
import type { Channel, Permission, SessionEffect, SessionEvent, SubmitOutcome } from './session.ts';
import type { SyncMessage } from './sync-message.ts';

/** What a client says on a channel, whatever its dialect. */
export type ClientMessage =
  | { readonly type: 'sync'; readonly message: SyncMessage }
  | { readonly type: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  | { readonly type: 'queryAwareness' }
  | { readonly type: 'stateless'; readonly payload: string }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'leave' };

/** Why an update of the client is on its way to the store. */
interface Ticket {
  readonly step: 'step2' | 'update';
  readonly dryRun: boolean;
}

/** Messages of a client that are kept while its login is being checked; one that sends more is closed. */
const maxWaitingMessages = 1000;

const noAccess: Permission = { read: false, write: false, presence: false };

/** One document on one socket: login, sync, presence and acknowledgement, the same for both dialects. */
export class ChannelSession {
  readonly channel: Channel;
  readonly document: DocumentId;
  readonly #framing: Framing;
  readonly #tickets = new Map<number, Ticket>();
  #waiting: ClientMessage[] | null = [];
  #permission = noAccess;
  #life: Life | null = null;
  #nextTicket = 1;
  #asked = false;

  constructor(channel: Channel, document: DocumentId, framing: Framing) {
    this.channel = channel;
    this.document = document;
    this.#framing = framing;
  }

  login(token: string | null): SessionEffect[] {
    return [{ type: 'authenticate', channel: this.channel, document: this.document, token }];
  }

  /** Something the client said. */
  receive(message: ClientMessage): SessionEffect[] {
    if (message.type === 'token') return this.login(message.token);
    if (this.#waiting !== null) {
      this.#waiting.push(message);
      if (this.#waiting.length <= maxWaitingMessages) return [];
      return [{ type: 'close', code: closeCodes.tryAgainLater, reason: 'too much before login' }];
    }
    switch (message.type) {
      case 'sync':
        return this.#sync(message.message);
      case 'awareness':
        if (!this.#permission.presence || message.entries.length === 0) return [];
        return [
          { type: 'presence', channel: this.channel, document: this.document, entries: message.entries },
        ];
      case 'queryAwareness':
        if (!this.#permission.read) return [];
        return [{ type: 'queryPresence', channel: this.channel, document: this.document }];
      case 'stateless':
        if (!this.#permission.write) return [];
        return [
          { type: 'stateless', channel: this.channel, document: this.document, payload: message.payload },
        ];
      case 'leave':
        return this.end();
    }
  }

  /** Something the store or the server said. */
  answer(event: Extract<SessionEvent, { readonly channel: Channel }>): SessionEffect[] {
    switch (event.type) {
      case 'authenticated':
        return this.#authenticated(event.permission, event.reason);
      case 'state':
        return this.#state(event);
      case 'readFailed':
        return this.#fail(event.code, event.message);
      case 'submitted':
        return this.#submitted(event.ticket, event.outcome);
      case 'presence':
        if (this.#waiting !== null || event.entries.length === 0) return [];
        return [this.#send(this.#framing.awareness(this.channel, event.entries))];
      case 'documentDeleted':
        return this.#fail('LIFE_ENDED', 'the document was deleted');
    }
  }

  /** Nothing more will be said on this channel. */
  end(): SessionEffect[] {
    return [{ type: 'unsubscribe', channel: this.channel, document: this.document }];
  }

  #authenticated(permission: Permission | null, reason: string): SessionEffect[] {
    if (permission === null || !permission.read) {
      const wasOpen = this.#waiting === null;
      this.#waiting = [];
      this.#permission = noAccess;
      return [
        this.#send(this.#framing.denied(this.channel, reason)),
        ...(wasOpen ? this.end() : []),
        ...this.#refusal(closeCodes.forbidden, reason),
      ];
    }
    const waiting = this.#waiting;
    this.#waiting = null;
    const renewed = waiting === null;
    this.#permission = permission;
    const effects = this.#optional(this.#framing.granted(this.channel, permission.write));
    if (renewed) return effects;
    effects.push(
      { type: 'subscribe', channel: this.channel, document: this.document },
      { type: 'queryPresence', channel: this.channel, document: this.document },
    );
    for (const message of waiting) effects.push(...this.receive(message));
    return effects;
  }

  #sync(message: SyncMessage): SessionEffect[] {
    if (message.step === 'step1') {
      if (!this.#permission.read) return [];
      return [this.#read(message.stateVector)];
    }
    const { update, step } = message;
    const ticket = this.#nextTicket++;
    const dryRun = !this.#permission.write;
    if (dryRun && step === 'update') {
      return [
        ...this.#optional(this.#framing.saved(this.channel, false)),
        ...(this.#framing.saved(this.channel, false) === undefined
          ? [this.#send(this.#framing.denied(this.channel, 'read-only'))]
          : []),
      ];
    }
    this.#tickets.set(ticket, { step, dryRun });
    return [
      {
        type: 'submit',
        channel: this.channel,
        document: this.document,
        ticket,
        life: this.#life,
        update,
        dryRun,
      },
    ];
  }

  #read(stateVector: ReadonlyMap<number, number> | null): SessionEffect {
    const ticket = this.#nextTicket++;
    return { type: 'read', channel: this.channel, document: this.document, ticket, stateVector };
  }

  #state(event: Extract<SessionEvent, { readonly type: 'state' }>): SessionEffect[] {
    this.#life = event.life;
    const effects: SessionEffect[] = [];
    // Always ask what the client has: what it wrote offline, and for Hocuspocus the count of unsaved changes, need it.
    if (!this.#asked || event.updates.length === 0) {
      this.#asked = true;
      effects.push(this.#send(this.#framing.sync(this.channel, 'step1', event.stateVector)));
    }
    // The last piece is the step 2 that tells the client it is in sync, so the others go before it.
    for (const [index, update] of event.updates.entries()) {
      const step = index === event.updates.length - 1 ? 'step2' : 'update';
      effects.push(this.#send(this.#framing.sync(this.channel, step, update)));
    }
    return effects;
  }

  #submitted(ticketNumber: number, outcome: SubmitOutcome): SessionEffect[] {
    const ticket = this.#tickets.get(ticketNumber);
    if (ticket === undefined) return [];
    this.#tickets.delete(ticketNumber);
    const saved = outcome.ok && !(ticket.dryRun && outcome.novel);
    const effects = this.#optional(this.#framing.saved(this.channel, saved));
    if (ticket.dryRun && !saved && effects.length === 0) {
      effects.push(this.#send(this.#framing.denied(this.channel, 'read-only')));
    }
    if (outcome.ok || ticket.dryRun) return effects;
    // Something before it never came: ask for everything the client has.
    if (outcome.code === 'UPDATE_MISSING_DEPENDENCIES') return [...effects, this.#read(null)];
    return [...effects, ...this.#fail(outcome.code, outcome.message)];
  }

  /** A failure that ends the channel; its code decides whether the client may come back by itself. */
  #fail(code: string, message: string): SessionEffect[] {
    return [...this.end(), ...this.#refusal(closeCodeOf(code), `${code}: ${message}`)];
  }

  /** Ends the channel in a dialect that can, otherwise the socket. */
  #refusal(code: number, reason: string): SessionEffect[] {
    const closed = this.#framing.closed(this.channel, reason);
    // Hocuspocus clients do not come back to a closed document by themselves: only what is final ends that way.
    if (closed !== undefined && isPermanent(code))
      return code === closeCodes.forbidden ? [] : [this.#send(closed)];
    return [{ type: 'close', code, reason: shorten(reason) }];
  }

  #send(frame: Uint8Array): SessionEffect {
    return { type: 'send', frame };
  }

  #optional(frame: Uint8Array | undefined): SessionEffect[] {
    return frame === undefined ? [] : [this.#send(frame)];
  }
}

function closeCodeOf(code: string): number {
  switch (code) {
    case 'LIFE_ENDED':
      return closeCodes.documentDeleted;
    case 'UPDATE_MALFORMED':
      return closeCodes.malformed;
    case 'UPDATE_LIMIT':
      return closeCodes.tooLarge;
    default:
      return closeCodes.unavailable;
  }
}

function isPermanent(code: number): boolean {
  return code >= 4400 && code < 4500;
}

/** Close reasons are at most 123 bytes of UTF-8 (RFC 6455, 5.5). */
function shorten(reason: string): string {
  return reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
