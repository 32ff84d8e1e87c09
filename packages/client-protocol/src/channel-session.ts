import { type DocumentId, type Life, limits } from '@hearsay/core';
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
  /** Of its frame. */
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
  /** Its first question was too large to be kept for another login. */
  #hasForgotten = false;
  /** Logins whose answers are due. */
  #logins = 0;
  /** The life that the client greeted with, while the answer is due: what it says meanwhile is kept. */
  #greeting: Life | null = null;
  /** The life that a client that greets was told of; null: it has not greeted. */
  #told: Life | null = null;

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
        // What is said after a new token is decided by that one.
        return this.#greeting === null && this.#logins === 0
          ? this.#take(message, now)
          : this.#keep({ message, bytes });
      case 'waiting':
        return this.#keep({ message, bytes });
      case 'refused':
        // Clients do not repeat it when a later login succeeds.
        return isStepOne(message) ? this.#keepForLater({ message, bytes }) : [];
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
    if (event.type === 'submitted') {
      const effects = this.#sync.submitted(event.ticket, event.outcome, now);
      // Its first update may have begun the document: it is told of the life that this has.
      if (this.#told === 0 && event.outcome.ok && this.#phase === 'open') effects.push(this.#askForLife());
      return effects;
    }
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
      case 'greeted':
        return this.#greeted(event, now);
      case 'reached': {
        const { upTo, nodes, regions } = event;
        return optional(this.#framing.extended(this.#channel, { kind: 'reached', upTo, nodes, regions }));
      }
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
    this.#greeting = null;
    this.#told = null;
    this.#sync.stop();
    this.#dropWaiting();
    return wasOpen ? [{ type: 'unsubscribe', channel: this.#channel, document: this.#document }] : [];
  }

  #granted(permission: Permission, now: number): SessionEffect[] {
    const wasOpen = this.#phase === 'open';
    this.#phase = 'open';
    this.#permission = permission;
    const effects = optional(this.#framing.granted(this.#channel, permission.write));
    if (wasOpen) return this.#logins === 0 ? [...effects, ...this.#release(now)] : effects;
    // Clients repeat it on a new socket alone.
    if (this.#hasForgotten) return [closeSocket(closeCodes.tryAgainLater, 'logged in: begin again')];
    const target = { channel: this.#channel, document: this.#document };
    effects.push({ type: 'subscribe', ...target }, { type: 'queryPresence', ...target });
    return [...effects, ...this.#release(now)];
  }

  #release(now: number): SessionEffect[] {
    const waiting = this.#waiting;
    this.#dropWaiting();
    return waiting.flatMap(({ message, bytes }) => this.receive(message, bytes, now));
  }

  #askForLife(): SessionEffect {
    return { type: 'greet', channel: this.#channel, document: this.#document };
  }

  #greeted(event: Extract<SessionEvent, { type: 'greeted' }>, now: number): SessionEffect[] {
    const { isLive, life, cluster, replicaId } = event;
    const present = isLive ? life : 0;
    const held = this.#greeting;
    this.#greeting = null;
    if (held !== null && held > 0 && held !== present) {
      // A life that is not known here yet: other nodes are ahead of this one. The next one begins when this one is over.
      if (held > life + (isLive ? 0 : 1)) return [closeSocket(closeCodes.unavailable, 'this node is behind')];
      if (held <= life) {
        return [
          ...this.end(),
          ...optional(this.#framing.extended(this.#channel, { kind: 'reset', life: present })),
        ];
      }
    }
    if (held !== null && held > 0) this.#sync.holds(held);
    if (held === null && this.#told === present) return [];
    this.#told = present;
    const welcome = { kind: 'welcome', life: present, cluster, replicaId } as const;
    return [...optional(this.#framing.extended(this.#channel, welcome)), ...this.#release(now)];
  }

  #denied(reason: string, unauthorised = false): SessionEffect[] {
    const effects = [send(this.#framing.denied(this.#channel, reason))];
    // With another login under way, what was said before it may still be for that one.
    if (this.#phase !== 'waiting' || this.#logins === 0) {
      const stepOne = this.#waiting.findLast(({ message }) => isStepOne(message));
      effects.push(...this.end());
      this.#phase = 'refused';
      if (stepOne !== undefined) effects.push(...this.#keepForLater(stepOne));
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
      case 'greet':
        this.#greeting = message.life;
        return [this.#askForLife()];
      case 'want': {
        const { upTo, nodes, regions } = message;
        return this.#told === null ? [] : [{ type: 'want', ...target, upTo, nodes, regions }];
      }
      case 'stateless':
        return this.#permission.write ? [{ type: 'stateless', ...target, payload: message.payload }] : [];
    }
  }

  #keep(waiting: Waiting): SessionEffect[] {
    this.#waiting.push(waiting);
    if (this.#waitingRoom.enter(keptBytes(waiting))) return [];
    return [closeSocket(closeCodes.tryAgainLater, 'too much before login')];
  }

  /** Whoever was refused may stay for long, so little is kept of what it said: its last question, and that if it is small. */
  #keepForLater(waiting: Waiting): SessionEffect[] {
    this.#dropWaiting();
    this.#hasForgotten = keptBytes(waiting) > limits.clientRefusedBytes;
    return this.#hasForgotten ? [] : this.#keep(waiting);
  }

  #dropWaiting(): void {
    for (const waiting of this.#waiting) this.#waitingRoom.leave(keptBytes(waiting));
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

/** Bytes that it takes while it is kept: a state vector is many times larger read than written. */
function keptBytes({ message, bytes }: Waiting): number {
  const isStepOne = message.type === 'sync' && message.message.step === 'step1';
  return isStepOne ? bytes + message.message.stateVector.size * mapEntryBytes : bytes;
}

/** Of a Map of numbers with room to grow. */
const mapEntryBytes = 64;

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
