import type { LinkDirection, LinkId, Transport, TransportListener } from '../ports.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Pipe {
  readonly ends: readonly [End, End];
  isOpen: boolean;
}

interface End {
  readonly transport: VirtualTransport;
  readonly id: LinkId;
  readonly address: string;
}

/** One frame, as a test sees it pass. */
export interface Passage {
  readonly from: string;
  readonly to: string;
  readonly frame: Uint8Array;
}

/** A network in memory: ordered pipes between hosts, with a delay, that can be cut. */
export class VirtualNetwork {
  readonly time: VirtualTime;
  delayMs = 5;
  /** Sees every frame; may change it, or lose it by null. */
  tap: (passage: Passage) => Uint8Array | null = ({ frame }) => frame;
  readonly #hosts = new Map<string, VirtualTransport>();
  readonly #pipes = new Set<Pipe>();
  readonly #cuts = new Set<string>();
  #nextLink = 1;

  constructor(time: VirtualTime) {
    this.time = time;
  }

  attach(host: string): VirtualTransport {
    const transport = new VirtualTransport(host, this);
    this.#hosts.set(host, transport);
    return transport;
  }

  /** Takes a host off: its links end for the others. */
  detach(host: string): void {
    for (const pipe of [...this.#pipes]) {
      if (pipe.ends.some((end) => end.transport.host === host))
        this.#close(pipe, 1006, 'the host is gone', host);
    }
    const gone = this.#hosts.get(host);
    if (gone !== undefined) gone.listener = undefined;
    this.#hosts.delete(host);
  }

  cut(a: string, b: string): void {
    this.#cuts.add(`${a} ${b}`).add(`${b} ${a}`);
    for (const pipe of [...this.#pipes]) {
      const hosts = pipe.ends.map((end) => end.transport.host);
      if (hosts.includes(a) && hosts.includes(b)) this.#close(pipe, 1006, 'cut', null);
    }
  }

  heal(): void {
    this.#cuts.clear();
  }

  dial(from: VirtualTransport, address: string): void {
    // A process that has been killed may still have timers.
    if (this.#hosts.get(from.host) !== from) return;
    const refuse = (): void => from.listener?.linkClosed(null, address, 1006, 'unreachable');
    this.time.after(this.delayMs, () => {
      const to = this.#hosts.get(address);
      if (to === undefined || this.#cuts.has(`${from.host} ${address}`)) return refuse();
      const dialled: End = { transport: from, id: this.#nextLink++, address };
      const accepted: End = { transport: to, id: this.#nextLink++, address: `${from.host}:client` };
      const pipe: Pipe = { ends: [dialled, accepted], isOpen: true };
      this.#pipes.add(pipe);
      this.#open(pipe, accepted, 'accepted');
      this.#open(pipe, dialled, 'dialled');
    });
  }

  linksOf(transport: VirtualTransport): LinkId[] {
    const ends = [...this.#pipes].flatMap((pipe) => pipe.ends);
    return ends.filter((end) => end.transport === transport).map((end) => end.id);
  }

  send(transport: VirtualTransport, link: LinkId, frame: Uint8Array): boolean {
    const pipe = this.#pipeOf(transport, link);
    if (pipe === undefined) return false;
    const to = other(pipe, link);
    const passed = this.tap({ from: transport.host, to: to.transport.host, frame });
    if (passed === null) return true;
    // A copy: nothing that crosses a network shares memory.
    const arriving = passed.slice();
    this.time.after(this.delayMs, () => {
      if (pipe.isOpen) to.transport.arrived(to.id, arriving);
    });
    return true;
  }

  close(transport: VirtualTransport, link: LinkId, code: number, reason: string): void {
    const pipe = this.#pipeOf(transport, link);
    if (pipe === undefined) return;
    const to = other(pipe, link);
    // What was sent before the close still arrives.
    this.time.after(this.delayMs, () => {
      if (!pipe.isOpen) return;
      pipe.isOpen = false;
      this.#pipes.delete(pipe);
      to.transport.listener?.linkClosed(to.id, to.address, code, reason);
      const from = other(pipe, to.id);
      from.transport.listener?.linkClosed(from.id, from.address, code, reason);
    });
  }

  #open(_pipe: Pipe, end: End, direction: LinkDirection): void {
    end.transport.listener?.linkOpened(end.id, direction, end.address);
  }

  #close(pipe: Pipe, code: number, reason: string, except: string | null): void {
    if (!pipe.isOpen) return;
    pipe.isOpen = false;
    this.#pipes.delete(pipe);
    for (const { transport, id, address } of pipe.ends) {
      if (transport.host !== except) transport.listener?.linkClosed(id, address, code, reason);
    }
  }

  #pipeOf(transport: VirtualTransport, link: LinkId): Pipe | undefined {
    return [...this.#pipes].find((pipe) =>
      pipe.ends.some((end) => end.id === link && end.transport === transport),
    );
  }
}

export class VirtualTransport implements Transport {
  readonly host: string;
  readonly #network: VirtualNetwork;
  listener: TransportListener | undefined;
  buffered = 0;
  readonly #held = new Map<LinkId, Uint8Array[]>();

  constructor(host: string, network: VirtualNetwork) {
    this.host = host;
    this.#network = network;
  }

  listen(listener: TransportListener): void {
    this.listener = listener;
  }

  dial(address: string): void {
    this.#network.dial(this, address);
  }

  send(link: LinkId, frame: Uint8Array): boolean {
    return this.#network.send(this, link, frame);
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  proven(): void {}

  arrived(link: LinkId, frame: Uint8Array): void {
    const held = this.#held.get(link);
    if (held === undefined) this.listener?.frameReceived(link, frame);
    else held.push(frame);
  }

  hold(link: LinkId): void {
    if (!this.#held.has(link)) this.#held.set(link, []);
  }

  release(link: LinkId): void {
    const frames = this.#held.get(link) ?? [];
    this.#held.delete(link);
    // Whoever it is released for may hold it again.
    for (const frame of frames) this.arrived(link, frame);
  }

  /** What was buffered has gone out. */
  drained(): void {
    this.buffered = 0;
    for (const link of this.#network.linksOf(this)) this.listener?.linkDrained(link);
  }

  close(link: LinkId, code: number, reason: string): void {
    this.#network.close(this, link, code, reason);
  }
}

function other({ ends: [a, b] }: Pipe, link: LinkId): End {
  return a.id === link ? b : a;
}
