import { backOffMs, connectionTunables } from './connection-tunables.ts';

/** How frames travel. Long polling is for networks that let no WebSocket through. */
export type TransportName = 'websocket' | 'long-poll';

/** One attempt at a connection, numbered; what is told of an earlier one is old. */
export type LinkId = number;

export type ConnectionEvent =
  /** Somebody has a document to keep in sync, or asks to try again at once. */
  | { readonly type: 'wanted' }
  /** Nobody has any more. */
  | { readonly type: 'unwanted' }
  | { readonly type: 'opened'; readonly link: LinkId }
  | { readonly type: 'heard'; readonly link: LinkId }
  | { readonly type: 'closed'; readonly link: LinkId; readonly code: number; readonly reason: string }
  /** The network changed, or this device woke up: what was believed of the connection may be wrong. */
  | { readonly type: 'stirred'; readonly online: boolean }
  | { readonly type: 'tick' };

export type ConnectionEffect =
  | { readonly type: 'open'; readonly link: LinkId; readonly transport: TransportName }
  | { readonly type: 'drop'; readonly link: LinkId; readonly reason: string }
  | { readonly type: 'ping'; readonly link: LinkId }
  /** From now on this is the connection. */
  | { readonly type: 'up'; readonly link: LinkId; readonly transport: TransportName }
  | { readonly type: 'down'; readonly code: number; readonly reason: string }
  /** An attempt came to nothing. */
  | { readonly type: 'failed'; readonly reason: string };

/** - `waiting`: for the next attempt. `refused`: the server closed with a code that says not to come back. */
export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'waiting'; readonly until: number }
  | {
      readonly name: 'opening';
      readonly link: LinkId;
      readonly transport: TransportName;
      readonly until: number;
    }
  | OpenState
  | { readonly name: 'refused'; readonly code: number; readonly reason: string };

interface OpenState {
  readonly name: 'open';
  readonly link: LinkId;
  readonly transport: TransportName;
  readonly since: number;
  readonly heardAt: number;
  /** When an answer is due at the latest, while one is. */
  readonly answerBy: number | null;
  /** While polling: when a WebSocket is tried next, or the attempt that is under way. */
  readonly return: { readonly at: number } | { readonly link: LinkId; readonly until: number } | null;
}

/**
 * Keeps one connection to one server for as long as somebody wants it: tries again with full jitter, notices silence, takes
 * long polling where WebSockets never open, and goes back. `now` is monotonic milliseconds.
 */
export class ConnectionMachine {
  readonly #random: () => number;
  #state: ConnectionState = { name: 'idle' };
  #links = 0;
  /** Attempts since the connection last proved good. */
  #failures = 0;
  /** WebSockets in a row that never opened. */
  #unopened = 0;
  #lastTried: TransportName = 'websocket';
  #lastOpened = false;

  /** `random`: uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  handle(event: ConnectionEvent, now: number): ConnectionEffect[] {
    switch (event.type) {
      case 'wanted':
        return this.#wanted(now);
      case 'unwanted':
        return this.#unwanted();
      case 'opened':
        return this.#opened(event.link, now);
      case 'heard':
        return this.#heard(event.link, now);
      case 'closed':
        return this.#closed(event, now);
      case 'stirred':
        return this.#stirred(event.online, now);
      case 'tick':
        return this.#tick(now);
    }
  }

  /** When the next `tick` is due; undefined: none is. */
  nextTick(): number | undefined {
    const state = this.#state;
    if (state.name === 'waiting' || state.name === 'opening') return state.until;
    if (state.name !== 'open') return undefined;
    const { heardAt, answerBy, return: back } = state;
    const silence = answerBy ?? heardAt + connectionTunables.pingAfterMs;
    const returns = back === null ? Number.POSITIVE_INFINITY : 'at' in back ? back.at : back.until;
    return Math.min(silence, returns);
  }

  #wanted(now: number): ConnectionEffect[] {
    const { name } = this.#state;
    return name === 'opening' || name === 'open' ? [] : this.#attempt(now);
  }

  #unwanted(): ConnectionEffect[] {
    const effects = this.#dropAll('nobody needs it');
    this.#state = { name: 'idle' };
    this.#failures = 0;
    return effects;
  }

  #opened(link: LinkId, now: number): ConnectionEffect[] {
    const state = this.#state;
    if (state.name === 'opening' && state.link === link) {
      return this.#up(link, state.transport, now);
    }
    if (state.name === 'open' && isReturn(state, link)) {
      // The WebSocket is through: the polling that stood in for it goes.
      return [
        { type: 'drop', link: state.link, reason: 'a WebSocket took its place' },
        { type: 'down', code: 1000, reason: 'a WebSocket took its place' },
        ...this.#up(link, 'websocket', now),
      ];
    }
    return [{ type: 'drop', link, reason: 'not needed any more' }];
  }

  #up(link: LinkId, transport: TransportName, now: number): ConnectionEffect[] {
    if (transport === 'websocket') this.#unopened = 0;
    this.#lastTried = transport;
    this.#lastOpened = true;
    this.#state = {
      name: 'open',
      link,
      transport,
      since: now,
      heardAt: now,
      answerBy: null,
      return: transport === 'long-poll' ? { at: now + connectionTunables.returnAfterMs } : null,
    };
    return [{ type: 'up', link, transport }];
  }

  #heard(link: LinkId, now: number): ConnectionEffect[] {
    const state = this.#state;
    if (state.name !== 'open' || state.link !== link) return [];
    if (now - state.since >= connectionTunables.provenAfterMs) this.#failures = 0;
    this.#state = { ...state, heardAt: now, answerBy: null };
    return [];
  }

  #closed(event: Extract<ConnectionEvent, { type: 'closed' }>, now: number): ConnectionEffect[] {
    const state = this.#state;
    const { link, code, reason } = event;
    if (state.name === 'open' && isReturn(state, link)) {
      this.#state = { ...state, return: { at: now + connectionTunables.returnAfterMs } };
      return [];
    }
    if ((state.name !== 'open' && state.name !== 'opening') || state.link !== link) return [];
    const effects = this.#dropReturn('the connection is gone');
    if (state.name === 'opening' && state.transport === 'websocket') this.#unopened++;
    effects.push(state.name === 'open' ? { type: 'down', code, reason } : { type: 'failed', reason });
    if (isPermanent(code)) this.#state = { name: 'refused', code, reason };
    else this.#wait(now);
    return effects;
  }

  #stirred(online: boolean, now: number): ConnectionEffect[] {
    const state = this.#state;
    if (state.name === 'waiting' && online) return this.#attempt(now);
    if (state.name !== 'open') return [];
    const answerBy = now + connectionTunables.answerMs;
    if (state.answerBy !== null && state.answerBy <= answerBy) return [];
    this.#state = { ...state, answerBy };
    return [{ type: 'ping', link: state.link }];
  }

  #tick(now: number): ConnectionEffect[] {
    const state = this.#state;
    if (state.name === 'waiting') return now < state.until ? [] : this.#attempt(now);
    if (state.name === 'opening')
      return now < state.until ? [] : this.#giveUp('it did not open in time', now);
    if (state.name !== 'open') return [];
    if (state.answerBy !== null && now >= state.answerBy) return this.#giveUp('nothing was heard', now);
    const effects: ConnectionEffect[] = [];
    if (state.answerBy === null && now - state.heardAt >= connectionTunables.pingAfterMs) {
      this.#state = { ...state, answerBy: now + connectionTunables.answerMs };
      effects.push({ type: 'ping', link: state.link });
    }
    return [...effects, ...this.#tickReturn(now)];
  }

  #tickReturn(now: number): ConnectionEffect[] {
    const state = this.#state;
    if (state.name !== 'open' || state.return === null) return [];
    if ('link' in state.return) {
      if (now < state.return.until) return [];
      const effects = this.#dropReturn('it did not open in time');
      this.#state = { ...state, return: { at: now + connectionTunables.returnAfterMs } };
      return effects;
    }
    if (now < state.return.at) return [];
    const link = ++this.#links;
    this.#state = { ...state, return: { link, until: now + connectionTunables.openMs } };
    return [{ type: 'open', link, transport: 'websocket' }];
  }

  /** Drops what there is as if it had been closed. */
  #giveUp(reason: string, now: number): ConnectionEffect[] {
    const state = this.#state;
    if (state.name !== 'open' && state.name !== 'opening') return [];
    const { link } = state;
    return [
      { type: 'drop', link, reason },
      ...this.#closed({ type: 'closed', link, code: 1006, reason }, now),
    ];
  }

  #attempt(now: number): ConnectionEffect[] {
    const link = ++this.#links;
    const transport = this.#nextTransport();
    this.#lastTried = transport;
    this.#lastOpened = false;
    this.#state = { name: 'opening', link, transport, until: now + connectionTunables.openMs };
    return [{ type: 'open', link, transport }];
  }

  /** Once WebSockets seem blocked, what last opened, or both in turns: when the whole server is away, neither does. */
  #nextTransport(): TransportName {
    if (this.#unopened < connectionTunables.unopenedUntilPoll) return 'websocket';
    if (this.#lastOpened) return this.#lastTried;
    return this.#lastTried === 'websocket' ? 'long-poll' : 'websocket';
  }

  #wait(now: number): void {
    this.#state = { name: 'waiting', until: now + backOffMs(this.#failures, this.#random()) };
    this.#failures++;
  }

  #dropAll(reason: string): ConnectionEffect[] {
    const state = this.#state;
    if (state.name !== 'open' && state.name !== 'opening') return [];
    const effects = this.#dropReturn(reason);
    effects.push({ type: 'drop', link: state.link, reason });
    if (state.name === 'open') effects.push({ type: 'down', code: 1000, reason });
    return effects;
  }

  #dropReturn(reason: string): ConnectionEffect[] {
    const state = this.#state;
    if (state.name !== 'open' || state.return === null || !('link' in state.return)) return [];
    return [{ type: 'drop', link: state.return.link, reason }];
  }
}

function isReturn(state: OpenState, link: LinkId): boolean {
  return state.return !== null && 'link' in state.return && state.return.link === link;
}

/** Hearsay closes with 4400–4499 when to come back would be in vain. */
function isPermanent(code: number): boolean {
  return code >= 4400 && code < 4500;
}
