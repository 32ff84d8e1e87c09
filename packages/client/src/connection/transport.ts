import type { TransportName } from './connection-machine.ts';

/** What a transport tells. After `closed` nothing more. */
export interface TransportEvents {
  opened(): void;
  frame(bytes: Uint8Array): void;
  closed(code: number, reason: string): void;
}

/** A way for frames to a server and back, in order. */
export interface Transport {
  /** Kept back until it is open. */
  send(frame: Uint8Array): void;
  /** Bytes that were given to {@link send} and have not left. */
  readonly waitingBytes: number;
  /** Ends it without a further word from it. */
  close(): void;
}

export interface TransportOptions {
  /** The server, as the application gave it: `ws:`, `wss:`, `http:` or `https:`. */
  readonly url: string;
  /** For transports that log in by a header. */
  token(): Promise<string>;
}

/** Begins to open a transport; whatever fails is told by `closed`, later. */
export type OpenTransport = (
  transport: TransportName,
  options: TransportOptions,
  events: TransportEvents,
) => Transport;
