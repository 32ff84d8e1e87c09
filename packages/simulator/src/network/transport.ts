import { crc32 } from 'node:zlib';
import type { LinkDirection, LinkId, Transport, TransportListener } from '@hearsay/gossip-sync';
import type { ProcessTime } from '../time/node-clock.ts';
import type { HostName } from './conditions.ts';
import type { LinkEnd } from './link.ts';
import type { NetworkDeps, VirtualNetwork } from './network.ts';

/** Where the node on a host is dialled. */
export function addressOf(host: HostName): string {
  return `ws://${host}:1234`;
}

/** Undefined for an address outside of this world. */
function hostOf(address: string): HostName | undefined {
  return /^ws:\/\/([^:/]+):1234\/?$/.exec(address)?.[1];
}

/** A frame that waits for the next one to overtake it does not wait longer. */
const maxSwapMs = 200;

/** The network as one process sees it. */
export class VirtualTransport implements Transport {
  readonly #host: HostName;
  readonly #process: ProcessTime;
  readonly #network: VirtualNetwork;
  readonly #deps: NetworkDeps;
  readonly #ends = new Map<LinkId, LinkEnd>();
  readonly #overtaken = new Map<LinkId, Uint8Array>();
  /** What has come over links that are not read. */
  readonly #unread = new Map<LinkId, Uint8Array[]>();
  #listener: TransportListener | undefined;
  #nextLink: LinkId = 1;
  #accepted = 0;

  constructor(host: HostName, process: ProcessTime, network: VirtualNetwork, deps: NetworkDeps) {
    this.#host = host;
    this.#process = process;
    this.#network = network;
    this.#deps = deps;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  dial(address: string): void {
    if (this.#process.ended) return;
    const failed = (reason: string): void => {
      this.#process.enter(() => this.#listener?.linkClosed(null, address, 1006, reason));
    };
    const host = hostOf(address);
    if (host === undefined) {
      this.#deps.time.after(0, () => failed('no such host'));
      return;
    }
    this.#network.dial(
      this.#host,
      host,
      (end) => {
        if (this.#process.ended) end.abandon(false);
        else this.#adopt(end, 'dialled', address, host);
      },
      failed,
    );
  }

  accept(end: LinkEnd, from: HostName): void {
    this.#adopt(end, 'accepted', `${from}:${40_000 + this.#accepted++}`, from);
  }

  send(link: LinkId, frame: Uint8Array): boolean {
    const end = this.#process.ended ? undefined : this.#ends.get(link);
    if (end === undefined || end.state !== 'open') return false;
    const to = end.peer;
    this.#network.traffic.count(this.#host, to, frame.byteLength);
    const fault = this.#network.faults.next(this.#host, to, frame);
    if (fault !== undefined && fault !== 'swap') this.#deps.fired(fault);
    switch (fault) {
      case 'drop':
        end.terminate('a gap in the stream');
        return true;
      case 'duplicate':
        return this.#put(link, end, frame) && this.#put(link, end, frame);
      case 'flip':
        return this.#put(link, end, this.#network.faults.flipped(frame));
      case 'lie':
        return this.#put(link, end, this.#network.faults.falsified(frame));
      case 'swap':
        // One at a time: it would take the place of the one that waits.
        if (this.#overtaken.has(link)) return this.#put(link, end, frame);
        this.#overtaken.set(link, frame);
        this.#deps.time.after(maxSwapMs, () => this.#release(link, end));
        return true;
      case undefined:
        return this.#put(link, end, frame);
    }
  }

  proven(): void {}

  hold(link: LinkId): void {
    if (!this.#unread.has(link)) this.#unread.set(link, []);
  }

  release(link: LinkId): void {
    const frames = this.#unread.get(link) ?? [];
    this.#unread.delete(link);
    for (const frame of frames) this.#received(link, frame);
  }

  bufferedBytes(link: LinkId): number {
    return this.#ends.get(link)?.bufferedBytes ?? 0;
  }

  close(link: LinkId, code: number, reason: string): void {
    if (!this.#process.ended) this.#ends.get(link)?.close(code, reason);
  }

  /** Closes every link, as a process does that ends in good order. */
  closeAll(code: number, reason: string): void {
    for (const end of this.#ends.values()) end.close(code, reason);
  }

  /** The process is gone. */
  abandon(silently: boolean): void {
    for (const end of this.#ends.values()) end.abandon(silently);
    this.#ends.clear();
    this.#overtaken.clear();
    this.#unread.clear();
  }

  #put(link: LinkId, end: LinkEnd, frame: Uint8Array): boolean {
    const sent = end.send(frame);
    if (sent && this.#overtaken.has(link)) this.#deps.fired('swap');
    this.#release(link, end);
    return sent;
  }

  #received(link: LinkId, frame: Uint8Array, listener = this.#listener): void {
    const unread = this.#unread.get(link);
    if (unread === undefined) listener?.frameReceived(link, frame);
    else unread.push(frame);
  }

  #release(link: LinkId, end: LinkEnd): void {
    const overtaken = this.#overtaken.get(link);
    if (overtaken === undefined) return;
    this.#overtaken.delete(link);
    end.send(overtaken);
  }

  #adopt(end: LinkEnd, direction: LinkDirection, address: string, peer: HostName): void {
    const id = this.#nextLink++;
    this.#ends.set(id, end);
    const { trace } = this.#deps;
    const heard = (what: string, deliver: (listener: TransportListener) => void): void => {
      if (this.#process.ended) return;
      if (trace.on) trace.line(`${this.#host}<${peer}#${id}`, what);
      this.#process.enter(() => {
        if (this.#listener !== undefined) deliver(this.#listener);
      });
    };
    end.attach({
      opened: () => {},
      frame: (frame) =>
        heard(trace.on ? `frame ${frame.byteLength} ${crc32(frame)}` : '', (listener) =>
          this.#received(id, frame, listener),
        ),
      closed: (code, reason) => {
        this.#ends.delete(id);
        this.#overtaken.delete(id);
        this.#unread.delete(id);
        heard(`closed ${code} ${reason}`, (listener) => listener.linkClosed(id, address, code, reason));
      },
      drained: () => heard('drained', (listener) => listener.linkDrained(id)),
    });
    heard(direction, (listener) => listener.linkOpened(id, direction, address));
  }
}
