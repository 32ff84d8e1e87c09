import { limits, type Random } from '@hearsay/core';
import type { LinkId } from '@hearsay/gossip-sync';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Bites, HostName, NetworkConditions } from './conditions.ts';
import { type Parcel, Pipe } from './pipe.ts';

/** Where one end of a link reports to; all calls come from the network, none from the end's own process. */
export interface LinkEndListener {
  opened(): void;
  frame(frame: Uint8Array): void;
  closed(code: number, reason: string): void;
  drained(): void;
}

/** `opening`: dialled, no answer yet. `closing`: has said goodbye. `gone`: its process ended without a word. */
export type LinkEndState = 'opening' | 'open' | 'closing' | 'closed' | 'gone';

export interface LinkDeps {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly conditions: NetworkConditions;
  /** How long an end that hears nothing waits before it gives its link up. */
  readonly silenceMs: number;
  /** Whether a machine runs and answers to what it does not know. */
  isUp(host: HostName): boolean;
  /** Called once both ends are at their end. */
  over(link: VirtualLink): void;
}

/** How long a closing end waits for the other's goodbye, as `ws` links do. */
const closeTimeoutMs = 2000;

/** One end of a link: half of a conversation, with its own idea of whether the other half is there. */
export class LinkEnd {
  readonly host: HostName;
  /** Set by the transport that owns the end. */
  id: LinkId = 0;
  state: LinkEndState;
  readonly #link: VirtualLink;
  readonly #deps: LinkDeps;
  #listener: LinkEndListener | undefined;
  #deaf = false;
  #deafness = 0;

  constructor(link: VirtualLink, host: HostName, state: LinkEndState, deps: LinkDeps) {
    this.#link = link;
    this.host = host;
    this.state = state;
    this.#deps = deps;
  }

  attach(listener: LinkEndListener): void {
    this.#listener = listener;
  }

  /** The machine at the other end. */
  get peer(): HostName {
    return this.#link.other(this).host;
  }

  get bufferedBytes(): number {
    return this.#link.pipeFrom(this).bufferedBytes;
  }

  send(frame: Uint8Array): boolean {
    if (this.state !== 'open') return false;
    const pipe = this.#link.pipeFrom(this);
    if (pipe.bufferedBytes + frame.byteLength > limits.peerBufferHardBytes) {
      this.terminate('buffer over the hard limit');
      return false;
    }
    pipe.put({ kind: 'frame', frame });
    return true;
  }

  close(code: number, reason: string): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.#link.pipeFrom(this).put({ kind: 'close', code, reason });
    this.#deps.time.after(closeTimeoutMs, () => {
      if (this.state === 'closing') this.terminate('no answer to close');
    });
  }

  /** Destroys the socket: this end hears of it at once, the other when the news gets there. False where it was at its end. */
  terminate(reason: string): boolean {
    if (this.state === 'closed' || this.state === 'gone') return false;
    const pipe = this.#link.pipeFrom(this);
    pipe.dropUnsent();
    pipe.put({ kind: 'reset' });
    this.#end(1006, reason);
    return true;
  }

  /** The process is gone. With `silently` nobody tells the other end. */
  abandon(silently: boolean): void {
    if (this.state === 'closed' || this.state === 'gone') return;
    this.state = 'gone';
    const pipe = this.#link.pipeFrom(this);
    pipe.dropUnsent();
    if (!silently) pipe.put({ kind: 'reset' });
    this.#link.other(this).hear(false);
    this.#link.endedAt();
  }

  /** From now on this end hears nothing, or hears again. */
  hear(hearing: boolean): void {
    if (this.#deaf === !hearing) return;
    this.#deaf = !hearing;
    const deafness = ++this.#deafness;
    if (hearing || this.state === 'closed' || this.state === 'gone') return;
    this.#deps.time.after(this.#deps.silenceMs, () => {
      if (this.#deafness === deafness) this.terminate('nothing heard');
    });
  }

  drained(): void {
    if (this.state === 'open') this.#listener?.drained();
  }

  arrived(parcel: Parcel): void {
    if (this.state === 'closed' || this.state === 'gone') {
      this.#refuse(parcel);
      return;
    }
    switch (parcel.kind) {
      case 'opened':
        this.state = 'open';
        this.#listener?.opened();
        return;
      case 'frame':
        this.#listener?.frame(parcel.frame);
        return;
      case 'close':
        if (this.state !== 'closing') this.#link.pipeFrom(this).put(parcel);
        this.#end(parcel.code, parcel.reason);
        return;
      case 'reset':
        this.#end(1006, 'connection reset');
    }
  }

  /** A machine that runs answers a socket it does not know with a reset. */
  #refuse(parcel: Parcel): void {
    if (parcel.kind === 'reset' || parcel.kind === 'close' || !this.#deps.isUp(this.host)) return;
    this.#link.pipeFrom(this).put({ kind: 'reset' });
  }

  /** The process hears of it after its present call, as it would from a socket. */
  #end(code: number, reason: string): void {
    this.state = 'closed';
    this.#deps.time.after(0, () => this.#listener?.closed(code, reason));
    this.#link.endedAt();
  }
}

/** Two ends and the two pipes between them. */
export class VirtualLink {
  readonly dialler: LinkEnd;
  readonly acceptor: LinkEnd;
  readonly #forth: Pipe;
  readonly #back: Pipe;
  readonly #deps: LinkDeps;
  #over = false;
  #severed = false;

  constructor(from: HostName, to: HostName, deps: LinkDeps) {
    this.#deps = deps;
    this.dialler = new LinkEnd(this, from, 'opening', deps);
    this.acceptor = new LinkEnd(this, to, 'open', deps);
    this.#forth = new Pipe(from, to, {
      ...deps,
      deliver: (parcel) => this.acceptor.arrived(parcel),
      departed: () => this.dialler.drained(),
      gaveUp: () => this.#break(),
    });
    this.#back = new Pipe(to, from, {
      ...deps,
      deliver: (parcel) => this.dialler.arrived(parcel),
      departed: () => this.acceptor.drained(),
      gaveUp: () => this.#break(),
    });
  }

  pipeFrom(end: LinkEnd): Pipe {
    return end === this.dialler ? this.#forth : this.#back;
  }

  other(end: LinkEnd): LinkEnd {
    return end === this.dialler ? this.acceptor : this.dialler;
  }

  /** The acceptor's answer to the dial. */
  welcome(): void {
    this.#back.put({ kind: 'opened' });
  }

  blocked(from: HostName, isBlocked: boolean): void {
    if (this.#severed) return;
    const pipe = from === this.#forth.from ? this.#forth : this.#back;
    const hearer = pipe === this.#forth ? this.acceptor : this.dialler;
    const speaker = this.other(hearer);
    hearer.hear(!isBlocked && speaker.state !== 'gone');
    if (!isBlocked) pipe.unblocked();
  }

  /**
   * Both ends stay as they are and hear nothing more of each other: the way between has forgotten the link. `lost` is
   * told of what they send all the same.
   */
  sever(lost: Bites = () => {}): void {
    this.#severed = true;
    this.#forth.kill(lost);
    this.#back.kill(lost);
    this.dialler.hear(false);
    this.acceptor.hear(false);
  }

  #break(): void {
    this.sever();
    this.dialler.terminate('too many packets were lost');
    this.acceptor.terminate('too many packets were lost');
  }

  endedAt(): void {
    const isOver = (end: LinkEnd): boolean => end.state === 'closed' || end.state === 'gone';
    if (this.#over || !isOver(this.dialler) || !isOver(this.acceptor)) return;
    this.#over = true;
    this.#deps.over(this);
  }
}
