import {
  type Channel,
  type ClientSession,
  closeCodes,
  createSession,
  type SessionEffect,
  type SessionEvent,
  type SocketRequest,
  type SubmitOutcome,
  WaitingRoom,
} from '@hearsay/client-protocol';
import { type BudgetHolder, type DocumentId, documentKey, type SharedBudget } from '@hearsay/core';
import { admitUpdate } from '@hearsay/document';
import type { DocumentStore } from '@hearsay/storage';
import type { GuardedStore } from '../embedded/guarded-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { Connection } from '../websocket/connection.ts';
import type { DocumentAccess, Standing } from './access.ts';
import { ClientChannel } from './client-channel.ts';
import type { FanOut } from './fan-out.ts';
import type { NewDocuments } from './new-documents.ts';
import { PacedOutput } from './paced-output.ts';
import type { PresenceHub } from './presence.ts';
import type { SpreadWatch } from './spread-watch.ts';
import type { StateReader } from './state-reader.ts';
import type { UserConnections } from './user-connections.ts';
import type { WriteShares } from './write-shares.ts';

/** What a client's socket needs of its connection. */
export type ClientConnection = Pick<
  Connection,
  'address' | 'bufferedBytes' | 'listen' | 'send' | 'write' | 'gather' | 'pause' | 'resume' | 'close' | 'cut'
>;

export interface ClientSocketDeps {
  readonly store: GuardedStore;
  readonly lookup: DocumentStore['lookup'];
  readonly spread: Pick<SpreadWatch, 'wait'>;
  readonly cluster: string;
  readonly replicaId: string;
  readonly reader: StateReader;
  readonly fanOut: FanOut;
  readonly presence: PresenceHub;
  readonly newDocuments: NewDocuments;
  readonly access: DocumentAccess;
  /** What clients may say ahead of their logins, all together. */
  readonly waiting: SharedBudget;
  readonly users: UserConnections;
  /** Of all clients. */
  readonly writes: WriteShares;
  /** What clients have not taken for a second, all together. */
  readonly output: SharedBudget;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** One client's socket: runs what its session decides against the store, the fan-out and the presence hub. */
export class ClientSocket implements BudgetHolder {
  readonly #deps: ClientSocketDeps;
  readonly #connection: ClientConnection;
  readonly #output: PacedOutput;
  readonly #request: SocketRequest;
  /** Names this socket among those of this process. */
  readonly #name: string;
  readonly #openedAt: number;
  readonly #channels = new Map<Channel, ClientChannel>();
  /** Logins that may end. */
  readonly #logins = new Map<Channel, { readonly standing: Standing; wasAsked: boolean }>();
  readonly #waitingRoom: WaitingRoom;
  readonly #users = new Set<string>();
  #session: ClientSession | undefined;
  #isAdmitted = false;
  #unsettled = 0;
  #paused = false;
  #closed = false;

  constructor(deps: ClientSocketDeps, connection: ClientConnection, request: SocketRequest, name: string) {
    this.#deps = deps;
    this.#connection = connection;
    this.#output = new PacedOutput(connection);
    this.#request = request;
    this.#name = name;
    this.#openedAt = deps.now();
    this.#waitingRoom = new WaitingRoom(deps.waiting, () =>
      connection.cut(closeCodes.tryAgainLater, 'too many wait for their logins'),
    );
    connection.listen({
      received: (message, binary) => this.#received(message, binary),
      drained: () => {
        if (!this.#output.drained()) return;
        for (const channel of this.#channels.values()) channel.drained();
      },
      closed: () => this.#end(),
    });
  }

  /** Every few seconds. */
  tick(): void {
    this.#handle({ type: 'tick' });
  }

  /** Every second: whoever is let in to no document in time goes, whatever it says meanwhile. */
  checkLogin(): void {
    if (this.#isAdmitted || this.#closed || this.#deps.now() - this.#openedAt < loginMs) return;
    const reason = this.#session === undefined ? 'said nothing' : 'not logged in to any document';
    this.#connection.cut(closeCodes.timeout, reason);
  }

  /** Every second: what has not left by now was not written in this turn, but is waited for. */
  checkOutput(): void {
    if (!this.#closed) this.#deps.output.set(this, this.#output.bytes);
  }

  /** Others need the memory that its output takes. */
  crowdedOut(): void {
    this.#connection.cut(closeCodes.tryAgainLater, 'reads too slowly');
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }

  #received(message: Uint8Array, binary: boolean): void {
    if (this.#closed) return;
    if (!binary) {
      this.close(closeCodes.malformed, 'text frames are not part of the protocol');
      return;
    }
    if (this.#session === undefined) {
      const session = createSession(this.#request, message, this.#waitingRoom);
      if (!('handle' in session)) {
        this.close(session.code, session.reason);
        return;
      }
      this.#session = session;
      this.#handle({ type: 'opened' });
    }
    this.#handle({ type: 'frame', frame: message });
  }

  /** Tells the session and does what it asks for. */
  #handle(event: SessionEvent): void {
    if (this.#closed || this.#session === undefined) return;
    const effects = this.#session.handle(event, this.#deps.now());
    if (effects.length === 0) return;
    this.#connection.gather();
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: SessionEffect): void {
    switch (effect.type) {
      case 'send':
        this.#output.send(effect.frame);
        break;
      case 'authenticate':
        this.#authenticate(effect.channel, effect.document, effect.token);
        break;
      case 'subscribe':
        this.#subscribe(effect.channel, effect.document);
        break;
      case 'unsubscribe':
        this.#channels.get(effect.channel)?.end();
        this.#channels.delete(effect.channel);
        break;
      case 'read':
        this.#read(effect);
        break;
      case 'submit':
        this.#submit(effect);
        break;
      case 'presence':
        this.#channels.get(effect.channel)?.announce(effect.entries);
        break;
      case 'queryPresence': {
        const entries = this.#deps.presence.all(documentKey(effect.document));
        this.#handle({ type: 'presence', channel: effect.channel, entries });
        break;
      }
      case 'greet':
        this.#greet(effect.channel, effect.document);
        break;
      case 'want':
        this.#want(effect);
        break;
      case 'stateless':
        // An application's own message: nobody here has a use for it.
        break;
      case 'failed': {
        const { code, message, document } = effect;
        this.#deps.log.info(
          { code, ...document, address: this.#connection.address, reason: message },
          'client turned away',
        );
        break;
      }
      case 'close':
        this.#deps.log.debug({ address: this.#connection.address, ...effect }, 'client closed');
        this.close(effect.code, effect.reason);
        break;
    }
  }

  #authenticate(channel: Channel, document: DocumentId, token: string | null): void {
    this.#after(this.#deps.access.decide(document, token), (decision) => {
      const { permission, reason, isUnauthorised = false, isTemporary = false, standing } = decision;
      if (isTemporary) {
        this.close(closeCodes.unavailable, reason);
        return;
      }
      if (permission !== null && standing !== undefined) {
        if (this.#closed) return;
        if (!this.#deps.users.enter(standing.user, this)) {
          this.close(closeCodes.tryAgainLater, 'too many connections of one user');
          return;
        }
        this.#users.add(standing.user);
        this.#logins.set(channel, { standing, wasAsked: false });
      } else this.#logins.delete(channel);
      this.#handle({ type: 'authenticated', channel, permission, reason, unauthorised: isUnauthorised });
    });
  }

  /** Every second or two: logins end on connections that live. `now` is wall clock. */
  review(now: number): void {
    for (const [channel, login] of this.#logins) {
      const over = login.standing.whyOver();
      if (over !== null) {
        this.#logins.delete(channel);
        this.#handle({ type: 'authenticated', channel, permission: null, reason: over, unauthorised: true });
      } else if (!login.wasAsked && now > login.standing.endsAtMs - renewalMs) {
        login.wasAsked = true;
        this.#handle({ type: 'renewLogin', channel });
      }
    }
  }

  #subscribe(channel: Channel, document: DocumentId): void {
    const { fanOut, presence, newDocuments } = this.#deps;
    const dialect = this.#session?.dialect ?? 'y-websocket';
    this.#channels.get(channel)?.end();
    this.#isAdmitted = true;
    const user = this.#logins.get(channel)?.standing.user;
    const opened = new ClientChannel(
      { fanOut, presence, newDocuments },
      {
        channel,
        document,
        dialect,
        session: `${this.#name}/${channel}`,
        user,
        connection: this.#connection,
        output: this.#output,
      },
      (event) => this.#handle(event),
    );
    this.#channels.set(channel, opened);
  }

  #read({ channel, document, ticket, stateVector }: Extract<SessionEffect, { type: 'read' }>): void {
    this.#after(this.#deps.reader.stateFor(document, stateVector), (state) => {
      if (state.kind === 'deleted') {
        this.#handle({ type: 'documentDeleted', channel });
      } else if (state.kind === 'failed') {
        this.#handle({ type: 'readFailed', channel, code: state.code, message: state.message });
      } else {
        const { life, updates } = state;
        this.#handle({ type: 'state', channel, ticket, life, stateVector: state.stateVector, updates });
        if (stateVector === null) return;
        this.#output.after(() => this.#channels.get(channel)?.flow(life));
      }
    });
  }

  #greet(channel: Channel, document: DocumentId): void {
    const { lookup, cluster, replicaId } = this.#deps;
    this.#after(lookup(document), ({ phase, life }) => {
      // A damaged document is mended in the life that it has.
      const isLive = phase === 'live' || (phase === 'damaged' && life > 0);
      this.#handle({ type: 'greeted', channel, isLive, life, cluster, replicaId });
    });
  }

  #want({ channel, upTo, nodes, regions }: Extract<SessionEffect, { type: 'want' }>): void {
    const opened = this.#channels.get(channel);
    if (opened === undefined) return;
    const wait = this.#deps.spread.wait({ nodes, regions }, () => {
      if (this.#channels.get(channel) === opened)
        this.#handle({ type: 'reached', channel, upTo, nodes, regions });
    });
    this.#after(wait, (stop) => opened.waits(stop));
  }

  #submit({
    channel,
    document,
    ticket,
    life,
    update,
    dryRun,
  }: Extract<SessionEffect, { type: 'submit' }>): void {
    const opened = this.#channels.get(channel);
    if (opened === undefined) return;
    const submit = () => this.#deps.store.submit(document, update, opened.origin, life ?? undefined);
    this.#deps.writes.wrote(this);
    this.#throttle(1);
    const outcome = dryRun
      ? this.#wouldBeNovel(document, update)
      : opened.gate.write(update, submit).then(outcomeOf);
    this.#after(outcome, (settled) => {
      this.#throttle(-1);
      this.#handle({ type: 'submitted', channel, ticket, outcome: settled });
    });
  }

  async #wouldBeNovel(document: DocumentId, update: Uint8Array): Promise<SubmitOutcome> {
    const read = await this.#deps.store.read(document);
    if (!read.ok) return outcomeOf(read);
    const known = read.value?.version ?? { stateVector: new Map(), deleteSet: new Map() };
    const admission = admitUpdate(update, known);
    return admission.ok ? { ok: true, novel: admission.value.kind === 'novel' } : outcomeOf(admission);
  }

  /** A client that writes faster than the disk is read from more slowly: nothing is dropped, nobody is closed. */
  #throttle(change: 1 | -1): void {
    this.#unsettled += change;
    const { most } = this.#deps.writes;
    if (!this.#paused && this.#unsettled >= most) {
      this.#paused = true;
      this.#connection.pause();
    } else if (this.#paused && this.#unsettled <= most / 2) {
      this.#paused = false;
      this.#connection.resume();
    }
  }

  /** Goes on with an answer; a store that is gone ends the socket, not the process. */
  #after<T>(answer: Promise<T>, go: (value: T) => void): void {
    answer.then(go).catch((error: unknown) => {
      this.#deps.log.warn({ err: error, address: this.#connection.address }, 'client could not be served');
      this.close(closeCodes.unavailable, 'the store is not available');
    });
  }

  #end(): void {
    this.#closed = true;
    this.#output.clear();
    this.#waitingRoom.close();
    this.#deps.output.set(this, 0);
    for (const user of this.#users) this.#deps.users.leave(user, this);
    for (const channel of this.#channels.values()) channel.end();
    this.#channels.clear();
    this.#logins.clear();
  }
}

function outcomeOf(
  result:
    | { readonly ok: true; readonly value: { readonly novel: boolean } }
    | {
        readonly ok: false;
        readonly error: { readonly code: string; readonly message: string; readonly retry: boolean };
      },
): SubmitOutcome {
  if (result.ok) return { ok: true, novel: result.value.novel };
  const { code, message, retry } = result.error;
  return { ok: false, code, message, retry };
}

/** Milliseconds before its login ends that a client is asked for a new one: time to fetch a token. */
const renewalMs = 30_000;

/** Milliseconds until a client is let in to a document: stock clients log in at once. */
const loginMs = 10_000;
