import { type ChannelAddress, clientFrames, type WantedLevel } from '../wire/client-frames.ts';
import type { ServerMessage } from '../wire/server-frames.ts';
import type {
  ChannelEffect,
  ChannelEvent,
  ChannelState,
  Lineage,
  ResetReason,
  WantId,
} from './channel-types.ts';
import type { EditKey } from './edit-ledger.ts';
import { Outbox } from './outbox.ts';

export interface ChannelOptions {
  readonly channel: ChannelAddress;
  readonly lineage: Lineage;
  /** Whether another token may be had when one was refused. */
  readonly renewsToken: boolean;
  /** Whether an edit is durable on this device. */
  isStored(key: EditKey): boolean;
}

interface Want {
  readonly level: WantedLevel;
  /** How many messages it was asked for; null: not asked on this connection. */
  askedAt: number | null;
}

/** One document on one connection, as the client sees it: login, life, sync, acknowledgement. No socket, no document. */
export class ChannelMachine {
  readonly #options: ChannelOptions;
  readonly #outbox: Outbox;
  readonly #wants = new Map<WantId, Want>();
  #state: ChannelState = { name: 'down' };
  #lineage: Lineage;
  #login = 0;
  /** A token was asked for on this connection and is not there yet. */
  #askingToken = false;
  /** A token was refused since the last that was not: the next refusal counts. */
  #refusedOnce = false;
  #mayWrite = false;
  /**
   * What the server knows of lives. `plain`: nothing, as a server of the dialect that is not Hearsay's; what it tells of the
   * document is taken as it is.
   */
  #server: 'unknown' | 'welcoming' | 'plain' = 'unknown';
  /** What came before it was known which server this is. */
  #held: SyncMessage[] = [];
  #heldBytes = 0;
  /** The server said that there is no document yet, so any life it tells later is the one this client gave it. */
  #isNew = false;
  /** The server's step 1 has been answered: edits follow as they are made. */
  #hasAnswered = false;
  /** A step 1 that has not been answered. */
  #asking = false;
  #askedForMissing = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#lineage = options.lineage;
    this.#outbox = new Outbox((key) => options.isStored(key));
  }

  get state(): ChannelState {
    return this.#state;
  }

  handle(event: ChannelEvent): ChannelEffect[] {
    if (this.#state.name === 'reset') return [];
    switch (event.type) {
      case 'up':
        if (this.#state.name === 'refused') return [];
        if (event.isEmpty) this.#lineage = { life: 0, cluster: '' };
        return [...this.#become({ name: 'login' }), this.#askToken()];
      case 'down':
        return this.#down();
      case 'token':
        return event.login === this.#login && this.#isUp ? this.#greet(event.token) : [];
      case 'tokenFailed':
        if (event.login !== this.#login || !this.#isUp) return [];
        return this.#refuse('TOKEN_UNAVAILABLE', event.reason);
      case 'message':
        return this.#isUp ? this.#message(event.message) : [];
      case 'edited':
        if (!this.#flows) return [];
        this.#outbox.add({ step: 'update', updates: [event.update], keys: event.keys });
        return this.#deliver();
      case 'stored':
        return this.#deliver();
      case 'difference':
        this.#hasAnswered = true;
        this.#outbox.add({ step: 'step2', updates: [event.update], keys: event.keys });
        return this.#deliver();
      case 'incomplete':
        if (!this.#isUp || this.#asking || this.#askedForMissing) return [];
        this.#askedForMissing = true;
        return this.#ask();
      case 'want':
        this.#wants.set(event.id, { level: event.level, askedAt: null });
        return this.#askForLevels();
      case 'unwant':
        this.#wants.delete(event.id);
        return [];
      case 'retry':
        if (this.#state.name !== 'refused') return [];
        this.#refusedOnce = false;
        if (!event.isUp) return this.#become({ name: 'down' });
        return [...this.#become({ name: 'login' }), this.#askToken()];
    }
  }

  get #isUp(): boolean {
    return this.#state.name !== 'down' && this.#state.name !== 'refused';
  }

  get #flows(): boolean {
    return this.#hasAnswered && this.#mayWrite;
  }

  #down(): ChannelEffect[] {
    this.#forget();
    // Who was refused does not come back by itself.
    return this.#state.name === 'refused' ? [] : this.#become({ name: 'down' });
  }

  #forget(): void {
    this.#outbox.clear();
    this.#login++;
    this.#askingToken = false;
    this.#server = 'unknown';
    this.#held = [];
    this.#heldBytes = 0;
    this.#isNew = false;
    this.#hasAnswered = false;
    this.#asking = false;
    this.#askedForMissing = false;
    for (const want of this.#wants.values()) want.askedAt = null;
  }

  #askToken(): ChannelEffect {
    this.#askingToken = true;
    return { type: 'askToken', login: ++this.#login };
  }

  /** A first login is followed by everything else the client has to say; a renewal stands alone. */
  #greet(token: string): ChannelEffect[] {
    this.#askingToken = false;
    const { channel } = this.#options;
    const login = send(clientFrames.token(channel, token));
    if (this.#state.name !== 'login') return [login];
    this.#forget();
    return [
      login,
      send(clientFrames.greet(channel, this.#lineage.life)),
      ...this.#ask(),
      { type: 'announcePresence' },
    ];
  }

  #ask(): ChannelEffect[] {
    this.#asking = true;
    return [{ type: 'sendStep1' }];
  }

  #message(message: ServerMessage): ChannelEffect[] {
    switch (message.type) {
      case 'authenticated':
        return this.#authenticated(message.mayWrite);
      case 'denied':
        return this.#denied(message.reason);
      case 'renewLogin':
        // One answer serves all who ask while it is being had.
        return this.#askingToken ? [] : [this.#askToken()];
      case 'welcome':
        return this.#welcome(message);
      case 'reset': {
        // Servers answer a greeting with it; a copy of the present life, or of none, is no ended one.
        const { life } = this.#lineage;
        if (life === 0 || message.life === life) return [giveUp('the server ended a life that nobody has')];
        return this.#reset(message.reason, message.life);
      }
      case 'closed':
        return this.#closed(message.reason);
      case 'sync':
        return this.#sync(message);
      case 'status':
        return this.#status(message.saved);
      case 'reached':
        return this.#reached(message);
      case 'awareness':
        return [{ type: 'presence', update: message.update }];
      case 'queryAwareness':
        return [{ type: 'announcePresence' }];
    }
  }

  #authenticated(mayWrite: boolean): ChannelEffect[] {
    this.#refusedOnce = false;
    const gained = mayWrite && !this.#mayWrite;
    this.#mayWrite = mayWrite;
    if (this.#state.name === 'login') return this.#become({ name: 'syncing' });
    if (this.#state.name !== 'live') return [];
    // The server is asked what it has, so that it gets what could not be sent before.
    return [...this.#become({ name: 'live', mayWrite }), ...(gained && !this.#asking ? this.#ask() : [])];
  }

  #denied(reason: string): ChannelEffect[] {
    if (!this.#options.renewsToken || this.#refusedOnce) return this.#refuse('PERMISSION_DENIED', reason);
    this.#refusedOnce = true;
    this.#forget();
    return [...this.#become({ name: 'login' }), this.#askToken()];
  }

  #welcome({ life, cluster }: Extract<ServerMessage, { type: 'welcome' }>): ChannelEffect[] {
    const known = this.#lineage;
    if (known.cluster !== '' && known.cluster !== cluster && known.life !== 0) {
      return this.#reset('another cluster', life);
    }
    // A server tells by `reset` when a copy is of an earlier life. One that does not is not trusted with it either.
    if (life !== 0 && known.life !== 0 && life !== known.life && !this.#isNew) {
      return this.#reset('created anew', life);
    }
    this.#server = 'welcoming';
    this.#isNew = life === 0;
    if (life === 0 || (life === known.life && cluster === known.cluster)) return this.#release();
    this.#lineage = { life, cluster };
    return [{ type: 'remember', lineage: this.#lineage }, ...this.#release()];
  }

  #release(): ChannelEffect[] {
    const held = this.#held;
    this.#held = [];
    return held.flatMap((message) => this.#sync(message));
  }

  #reset(reason: ResetReason, life: number): ChannelEffect[] {
    this.#forget();
    return [...this.#become({ name: 'reset' }), { type: 'reset', reason, life }];
  }

  #closed(reason: string): ChannelEffect[] {
    const [, code = 'CLOSED', text = reason] = /^([A-Z_]+): (.*)$/s.exec(reason) ?? [];
    if (code !== 'LIFE_ENDED') return this.#refuse(code, text);
    if (this.#lineage.life === 0) return [giveUp('the document was deleted before this copy was of it')];
    return this.#reset('deleted', 0);
  }

  #sync(message: SyncMessage): ChannelEffect[] {
    const { step, payload } = message;
    if (this.#server === 'unknown') {
      // A server with lives welcomes before it answers anything that was said later.
      this.#held.push(message);
      this.#heldBytes += payload.byteLength;
      if (this.#held.length > maxHeld || this.#heldBytes > maxHeldBytes) {
        return [giveUp('the server says much and not who it is')];
      }
      if (step !== 'step2') return [];
      if (this.#lineage.life !== 0) {
        return this.#refuse('NO_LIVES', 'the server does not tell which life of the document it has');
      }
      this.#server = 'plain';
      return this.#release();
    }
    if (step === 'step1') {
      if (this.#outbox.step2Count >= maxUnansweredStates) {
        return [giveUp('the server asks over and over and takes no answer')];
      }
      return [{ type: 'answer', stateVector: payload }];
    }
    const effects: ChannelEffect[] = [{ type: 'apply', update: payload }];
    if (step === 'step2') {
      this.#asking = false;
      if (this.#state.name === 'syncing') {
        effects.push(...this.#become({ name: 'live', mayWrite: this.#mayWrite }));
      }
    }
    return effects;
  }

  #status(saved: boolean): ChannelEffect[] {
    const keys = this.#outbox.settle();
    const effects = this.#askForLevels();
    return saved && keys.length > 0 ? [{ type: 'saved', keys }, ...effects] : effects;
  }

  #deliver(): ChannelEffect[] {
    return this.#outbox.take().map((delivery) => ({ type: 'deliver', delivery }));
  }

  /** Only once the server has all that was here when it was greeted. */
  #askForLevels(): ChannelEffect[] {
    if (!this.#hasAnswered || this.#outbox.step2Count > 0) return [];
    if (this.#server === 'plain') {
      const ids = [...this.#wants.keys()];
      this.#wants.clear();
      return ids.map((id) => ({ type: 'untold', id }));
    }
    const upTo = this.#outbox.answered;
    const effects: ChannelEffect[] = [];
    for (const want of this.#wants.values()) {
      if (want.askedAt !== null) continue;
      want.askedAt = upTo;
      effects.push(send(clientFrames.want(this.#options.channel, upTo, want.level)));
    }
    return effects;
  }

  #reached({ upTo, nodes, regions }: Extract<ServerMessage, { type: 'reached' }>): ChannelEffect[] {
    const effects: ChannelEffect[] = [];
    for (const [id, { level, askedAt }] of this.#wants) {
      if (askedAt === null || askedAt > upTo) continue;
      if (level.nodes > nodes || (level.regions && !regions)) continue;
      this.#wants.delete(id);
      effects.push({ type: 'reached', id });
    }
    return effects;
  }

  #refuse(code: string, reason: string): ChannelEffect[] {
    this.#forget();
    return this.#become({ name: 'refused', code, reason });
  }

  #become(state: ChannelState): ChannelEffect[] {
    this.#state = state;
    return [{ type: 'changed' }];
  }
}

type SyncMessage = Extract<ServerMessage, { readonly type: 'sync' }>;

/** Of what comes before a server has said which it is; one of sense says that first. */
const maxHeld = 1000;
const maxHeldBytes = 33_554_432;

/** Each holds what the server lacks, which may be the whole document. Servers of sense ask again after an answer. */
const maxUnansweredStates = 16;

function giveUp(reason: string): ChannelEffect {
  return { type: 'giveUp', reason };
}

function send(frame: Uint8Array): ChannelEffect {
  return { type: 'send', frame };
}
