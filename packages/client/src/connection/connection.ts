import { type Clock, limits, type Timers } from '@hearsay/core';
import { type ChannelAddress, clientFrames } from '../wire/client-frames.ts';
import { readServerFrame, type ServerMessage } from '../wire/server-frames.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  ConnectionMachine,
  type ConnectionState,
  type LinkId,
} from './connection-machine.ts';
import type { OpenTransport, Transport } from './transport.ts';

/** Who uses one channel of a connection. */
export interface ChannelUser {
  /** The connection is there: say everything anew. */
  up(): void;
  down(code: number, reason: string): void;
  /** An attempt to connect came to nothing. */
  failed(reason: string): void;
  message(message: ServerMessage): void;
  /** Whatever changed about the connection. */
  changed(): void;
  /** For transports that log in by themselves. */
  token(): Promise<string>;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Uniform in [0, 1). */
  random(): number;
  readonly openTransport: OpenTransport;
  /** Calls back when the network changes or the device wakes up; gives the end of it. */
  onStir(listener: (online: boolean) => void): () => void;
}

/** One connection to one server, for the channels of any number of documents. */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #url: string;
  readonly #machine: ConnectionMachine;
  readonly #users = new Map<ChannelAddress, ChannelUser>();
  readonly #links = new Map<LinkId, Transport>();
  readonly #endStir: () => void;
  #link: LinkId | undefined;
  #cancelTimer = (): void => {};

  constructor(deps: ConnectionDeps, url: string) {
    this.#deps = deps;
    this.#url = url;
    this.#machine = new ConnectionMachine(() => deps.random());
    this.#endStir = deps.onStir((online) => this.#handle({ type: 'stirred', online }));
  }

  get state(): ConnectionState {
    return this.#machine.state;
  }

  get isIdle(): boolean {
    return this.#users.size === 0;
  }

  /** An address for a document that no other channel here has. */
  addressFor(name: string): ChannelAddress {
    let address = name;
    for (let number = 2; this.#users.has(address); number++) address = `${name}\0${number}`;
    return address;
  }

  /** From the next turn on the user is told; one that is already connected at once. */
  attach(address: ChannelAddress, user: ChannelUser): void {
    this.#users.set(address, user);
    if (this.#link === undefined) this.retry();
    else user.up();
  }

  detach(address: ChannelAddress): void {
    if (!this.#users.delete(address)) return;
    if (this.#link !== undefined) this.send(clientFrames.leave(address));
    if (this.#users.size === 0) this.#handle({ type: 'unwanted' });
  }

  /** Does nothing while there is no connection: whoever comes up says everything anew. */
  send(frame: Uint8Array): void {
    if (this.#link === undefined) return;
    const transport = this.#links.get(this.#link);
    if (transport === undefined) return;
    if (transport.waitingBytes <= maxWaitingBytes) transport.send(frame);
    else this.interrupt('the server does not take what it is sent');
  }

  /** Tries now, also after a refusal. */
  retry(): void {
    if (this.#users.size > 0) this.#handle({ type: 'wanted' });
  }

  /** Closes what there is, as if the network had. */
  interrupt(reason: string): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#drop(link);
    this.#handle({ type: 'closed', link, code: 1006, reason });
  }

  close(): void {
    this.#users.clear();
    this.#handle({ type: 'unwanted' });
    this.#endStir();
  }

  #handle(event: ConnectionEvent): void {
    const before = this.#machine.state.name;
    for (const effect of this.#machine.handle(event, this.#deps.clock.monotonic())) this.#run(effect);
    this.#setTimer();
    if (this.#machine.state.name !== before) for (const user of [...this.#users.values()]) user.changed();
  }

  #run(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'open':
        this.#open(effect.link, effect.transport);
        return;
      case 'drop':
        this.#drop(effect.link);
        return;
      case 'ping':
        this.#links.get(effect.link)?.send(clientFrames.ping());
        return;
      case 'up':
        this.#link = effect.link;
        for (const user of [...this.#users.values()]) user.up();
        return;
      case 'down':
        this.#link = undefined;
        for (const user of [...this.#users.values()]) user.down(effect.code, effect.reason);
        return;
      case 'failed':
        for (const user of [...this.#users.values()]) user.failed(effect.reason);
    }
  }

  #open(link: LinkId, transport: Parameters<OpenTransport>[0]): void {
    const token = async (): Promise<string> => {
      const [user] = this.#users.values();
      return (await user?.token()) ?? '';
    };
    const tell = (event: ConnectionEvent): void => {
      if (this.#links.has(link)) this.#handle(event);
    };
    const opened = this.#deps.openTransport(
      transport,
      { url: this.#url, token },
      {
        opened: () => tell({ type: 'opened', link }),
        frame: (bytes) => this.#frame(link, bytes),
        closed: (code, reason) => {
          tell({ type: 'closed', link, code, reason });
          this.#links.delete(link);
        },
      },
    );
    this.#links.set(link, opened);
  }

  #drop(link: LinkId): void {
    const transport = this.#links.get(link);
    this.#links.delete(link);
    transport?.close();
  }

  #frame(link: LinkId, bytes: Uint8Array): void {
    if (!this.#links.has(link)) return;
    this.#handle({ type: 'heard', link });
    if (link !== this.#link) return;
    const frame = readServerFrame(bytes);
    if (!frame.ok) this.interrupt(`the server sent a malformed frame: ${frame.error.message}`);
    else if (frame.value.type === 'ping') this.#answer(() => this.send(clientFrames.pong()));
    else if (frame.value.type === 'message') {
      const { channel, message } = frame.value;
      const user = this.#users.get(channel);
      if (message.type === 'queryAwareness' || message.type === 'renewLogin') {
        this.#answer(() => user?.message(message));
      } else user?.message(message);
    }
  }

  /** Who asks and does not read gets no more answers; what waits to be sent shows that this client is there. */
  #answer(answer: () => void): void {
    const waiting = this.#link === undefined ? 0 : (this.#links.get(this.#link)?.waitingBytes ?? 0);
    if (waiting <= limits.clientBufferSoftBytes) answer();
  }

  #setTimer(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    const at = this.#machine.nextTick();
    if (at === undefined) return;
    const clock = this.#deps.clock;
    const [began, wallBegan] = [clock.monotonic(), clock.now()];
    this.#cancelTimer = this.#deps.timers.set(Math.max(0, at - began), () => {
      // Monotonic clocks may stand still while a device sleeps.
      const slept = clock.now() - wallBegan - (clock.monotonic() - began);
      if (Math.abs(slept) > sleepMs) this.#handle({ type: 'stirred', online: true });
      this.#handle({ type: 'tick' });
    });
  }
}

/**
 * What waits in memory to be sent at most, and one message more. Lower: a slow network with much to send is begun anew over
 * and over; higher: a server that does not read costs that much.
 */
const maxWaitingBytes = 134_217_728;

/** Clocks that differ by more have been set, or the device slept. */
const sleepMs = 5_000;
