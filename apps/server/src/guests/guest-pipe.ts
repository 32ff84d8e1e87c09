import type { LinkId, Transport, TransportListener } from '@hearsay/gossip-sync';

/** One accepted link of a transport, as the only link of a transport that dials nobody. */
export class GuestPipe implements Transport {
  readonly #transport: Transport;
  readonly #link: LinkId;
  readonly #address: string;
  /** What came before anybody listened. */
  readonly #early: Uint8Array[] = [];
  #listener: TransportListener | undefined;

  constructor(transport: Transport, link: LinkId, address: string) {
    this.#transport = transport;
    this.#link = link;
    this.#address = address;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    listener.linkOpened(this.#link, 'accepted', this.#address);
    for (const frame of this.#early.splice(0)) listener.frameReceived(this.#link, frame);
  }

  dial(): void {
    throw new Error('guests are not dialled');
  }

  send(link: LinkId, frame: Uint8Array): boolean {
    return this.#transport.send(link, frame);
  }

  bufferedBytes(link: LinkId): number {
    return this.#transport.bufferedBytes(link);
  }

  hold(link: LinkId): void {
    this.#transport.hold(link);
  }

  release(link: LinkId): void {
    this.#transport.release(link);
  }

  proven(link: LinkId): void {
    this.#transport.proven(link);
  }

  close(link: LinkId, code: number, reason: string): void {
    this.#transport.close(link, code, reason);
  }

  /** Ends the link. */
  end(code: number, reason: string): void {
    this.#transport.close(this.#link, code, reason);
  }

  frameReceived(frame: Uint8Array): void {
    if (this.#listener === undefined) this.#early.push(frame);
    else this.#listener.frameReceived(this.#link, frame);
  }

  closed(code: number, reason: string): void {
    this.#listener?.linkClosed(this.#link, this.#address, code, reason);
  }

  drained(): void {
    this.#listener?.linkDrained(this.#link);
  }
}
