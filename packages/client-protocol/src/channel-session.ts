import type { DocumentId } from '@hearsay/core';
import type { ClientMessage } from './client-message.ts';
import { closeCodeOf, closeCodes, closeSocket, isPermanent } from './close-codes.ts';
import { DocumentSync } from './document-sync.ts';
import type { Framing } from './framing.ts';
import { RequestBudget } from './request-budget.ts';
import type { Channel, Permission, SessionEffect, SessionEvent } from './session.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface ChannelSessionOptions {
  readonly channel: Channel;
  readonly document: DocumentId;
  readonly framing: Framing;
  /** Shared by all channels of the socket. */
  readonly waitingRoom: WaitingRoom;
}

/**
 * - `waiting`: for the answer to a login; what the client says meanwhile is kept.
 * - `open`: logged in.
 * - `refused`: the login was; another may follow.
 * - `closed`: the server has ended it; only a new login begins again.
 */
type Phase = 'waiting' | 'open' | 'refused' | 'closed';

interface Waiting {
  readonly message: ClientMessage;
  readonly bytes: number;
}

/** One document on one socket: login, sync, presence and acknowledgement, the same for both dialects. */
export class ChannelSession {
  readonly #channel: Channel;
  readonly #document: DocumentId;
  readonly #framing: Framing;
  readonly #waitingRoom: WaitingRoom;
  readonly #sync: DocumentSync;
  readonly #queries = new RequestBudget();
  #phase: Phase = 'refused';
  #permission = noAccess;
  #waiting: Waiting[] = [];
  /** Logins whose answers are due. */
  #logins = 0;

  constructor({ channel, document, framing, waitingRoom }: ChannelSessionOptions) {
    this.#channel = channel;
    this.#document = document;
    this.#framing = framing;
    this.#waitingRoom = waitingRoom;
    this.#sync = new DocumentSync({
      channel,
      document,
      framing,
      fail: (code, message) => this.#fail(code, message),
    });
  }

  login(token: string | null): SessionEffect[] {
    if (this.#logins >= maxLogins) return [closeSocket(closeCodes.tryAgainLater, 'too many logins at once')];
    this.#logins++;
    if (this.#phase !== 'open') this.#phase = 'waiting';
    return [{ type: 'authenticate', channel: this.#channel, document: this.#document, token }];
  }

  /** Something the client said in a frame of so many bytes. */
  receive(message: ClientMessage, bytes: number, now: number): SessionEffect[] {
    if (message.type === 'token') return this.login(message.token);
    if (message.type === 'leave') return this.end();
    switch (this.#phase) {
      case 'open':
        return this.#take(message, now);
      case 'waiting':
        return this.#keep({ message, bytes });
      case 'refused':
        // Clients do not repeat it when a later login succeeds.
        if (!isStepOne(message)) return [];
        this.#dropWaiting();
        return this.#keep({ message, bytes });
      case 'closed':
        return [];
    }
  }

  /** Something the store or the server said. */
  answer(event: Extract<SessionEvent, { readonly channel: Channel }>, now: number): SessionEffect[] {
    if (event.type === 'authenticated') {
      this.#logins = Math.max(0, this.#logins - 1);
      if (this.#phase === 'closed') return [];
      const { permission } = event;
      return permission?.read
        ? this.#granted(permission, now)
        : this.#denied(event.reason, event.unauthorised);
    }
    // What was stored is told even to whom it would be refused now.
    if (event.type === 'submitted') return this.#sync.submitted(event.ticket, event.outcome, now);
    if (this.#phase !== 'open') return [];
    switch (event.type) {
      case 'state':
        return this.#sync.state(event, now);
      case 'readFailed':
        return this.#sync.readFailed(event.code, event.message, now);
      case 'presence':
        return event.entries.length === 0
          ? []
          : [send(this.#framing.awareness(this.#channel, event.entries))];
      case 'documentDeleted':
        return this.#fail('LIFE_ENDED', 'the document was deleted');
      case 'renewLogin':
        return optional(this.#framing.askForToken(this.#channel));
    }
  }

  tick(now: number): SessionEffect[] {
    return this.#phase === 'open' ? this.#sync.tick(now) : [];
  }

  /** Nothing more will be said on this channel. */
  end(): SessionEffect[] {
    const wasOpen = this.#phase === 'open';
    this.#phase = 'closed';
    this.#permission = noAccess;
    this.#sync.stop();
    this.#dropWaiting();
    return wasOpen ? [{ type: 'unsubscribe', channel: this.#channel, document: this.#document }] : [];
  }

  #granted(permission: Permission, now: number): SessionEffect[] {
    const wasOpen = this.#phase === 'open';
    this.#phase = 'open';
    this.#permission = permission;
    const effects = optional(this.#framing.granted(this.#channel, permission.write));
    if (wasOpen) return effects;
    const target = { channel: this.#channel, document: this.#document };
    effects.push({ type: 'subscribe', ...target }, { type: 'queryPresence', ...target });
    const waiting = this.#waiting;
    this.#dropWaiting();
    for (const { message, bytes } of waiting) effects.push(...this.receive(message, bytes, now));
    return effects;
  }

  #denied(reason: string, unauthorised = false): SessionEffect[] {
    const effects = [send(this.#framing.denied(this.#channel, reason))];
    // With another login under way, what was said before it may still be for that one.
    if (this.#phase !== 'waiting' || this.#logins === 0) {
      const stepOne = this.#waiting.findLast(({ message }) => isStepOne(message));
      effects.push(...this.end());
      this.#phase = 'refused';
      if (stepOne !== undefined) this.#keep(stepOne);
    }
    if (!this.#framing.sharesSocket) {
      effects.push(closeSocket(unauthorised ? closeCodes.unauthorised : closeCodes.forbidden, reason));
    }
    return effects;
  }

  #take(message: Exclude<ClientMessage, { type: 'token' | 'leave' }>, now: number): SessionEffect[] {
    const target = { channel: this.#channel, document: this.#document };
    switch (message.type) {
      case 'sync':
        return this.#sync.receive(message.message, this.#permission.write, now);
      case 'awareness':
        if (!this.#permission.presence || message.entries.length === 0) return [];
        return [{ type: 'presence', ...target, entries: message.entries }];
      case 'queryAwareness':
        return this.#queries.take(now) ? [{ type: 'queryPresence', ...target }] : [];
      case 'stateless':
        return this.#permission.write ? [{ type: 'stateless', ...target, payload: message.payload }] : [];
    }
  }

  #keep(waiting: Waiting): SessionEffect[] {
    this.#waiting.push(waiting);
    if (this.#waitingRoom.enter(waiting.bytes)) return [];
    return [closeSocket(closeCodes.tryAgainLater, 'too much before login')];
  }

  #dropWaiting(): void {
    for (const { bytes } of this.#waiting) this.#waitingRoom.leave(bytes);
    this.#waiting = [];
  }

  /** Ends the channel in a dialect that can, otherwise the socket. Its code decides whether the client may come back. */
  #fail(code: string, message: string): SessionEffect[] {
    const reason = `${code}: ${message}`;
    const closeCode = closeCodeOf(code);
    const closed = this.#framing.closed(this.#channel, reason);
    // Hocuspocus clients do not come back to a closed document by themselves: only what is final ends that way.
    const last =
      closed !== undefined && isPermanent(closeCode) ? send(closed) : closeSocket(closeCode, reason);
    const target = { channel: this.#channel, document: this.#document };
    return [...this.end(), { type: 'failed', ...target, code, message }, last];
  }
}

function isStepOne(message: ClientMessage): boolean {
  return message.type === 'sync' && message.message.step === 'step1';
}

function send(frame: Uint8Array): SessionEffect {
  return { type: 'send', frame };
}

function optional(frame: Uint8Array | undefined): SessionEffect[] {
  return frame === undefined ? [] : [send(frame)];
}

const noAccess: Permission = { read: false, write: false, presence: false };

/** Logins of one channel whose answers are due: each may cost a signature check. */
const maxLogins = 4;
