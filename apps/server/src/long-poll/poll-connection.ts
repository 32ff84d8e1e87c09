import type { ConnectionListener } from '../websocket/connection.ts';
import { payloadOf } from '../websocket/frame.ts';

/** What one poll is answered with. */
export type PollAnswer =
  | { readonly frames: readonly Uint8Array[] }
  | { readonly code: number; readonly reason: string };

/** Milliseconds a poll waits for something to be said: below what proxies allow. */
const pollMs = 25_000;
/** Milliseconds after which a client that neither polls nor speaks is gone. */
const silenceMs = 60_000;

/**
 * The connection of a client that no WebSocket gets through to: what is written waits for its next request. One request
 * at a time listens; a later one takes the place of the one before.
 */
export class PollConnection {
  readonly address: string;
  #listener: ConnectionListener | undefined;
  #queue: Uint8Array[] = [];
  #bytes = 0;
  #heardAt: number;
  #end: { readonly code: number; readonly reason: string } | undefined;
  #answer: (() => void) | undefined;
  #isPaused = false;
  #resumed: (() => void)[] = [];
  readonly #closed: Promise<void>;
  #tellClosed: () => void = () => {};

  constructor(address: string, now: number) {
    this.address = address;
    this.#heardAt = now;
    this.#closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
  }

  /** Bytes that no request has fetched yet. */
  get bufferedBytes(): number {
    return this.#bytes;
  }

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  send(message: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#queue.push(message);
    this.#bytes += message.byteLength;
    this.#answer?.();
  }

  /** Takes a frame as it would go over a WebSocket. */
  write(frame: Buffer): void {
    this.send(payloadOf(frame));
  }

  /** A request takes all there is: nothing has to be gathered. */
  gather(): void {}

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const resumed of this.#resumed.splice(0)) resumed();
  }

  close(code: number, reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = { code, reason };
    this.resume();
    this.#answer?.();
    this.#listener?.closed(code);
    this.#tellClosed();
  }

  /** As there is nobody to wait for, the same as {@link close}. */
  cut(code: number, reason: string): void {
    this.close(code, reason);
  }

  terminate(): void {
    this.close(1006, 'gone');
  }

  whenClosed(): Promise<void> {
    return this.#closed;
  }

  checkLiveness(now: number): void {
    if (this.#answer === undefined && now - this.#heardAt > silenceMs) this.terminate();
  }

  /** Hands in what the client says, each once the one before could be taken. */
  async receive(frames: readonly Uint8Array[], now: number): Promise<void> {
    this.#heardAt = now;
    for (const frame of frames) {
      if (this.#isPaused) await new Promise<void>((resolve) => this.#resumed.push(resolve));
      if (this.#end !== undefined) return;
      this.#listener?.received(frame, true);
    }
  }

  /** What there is, or will be soon; nothing after a while, or when `given up` says that nobody waits any more. */
  async poll(now: () => number, givenUp: AbortSignal): Promise<PollAnswer> {
    this.#answer?.();
    this.#heardAt = now();
    if (this.#queue.length === 0 && this.#end === undefined && !givenUp.aborted)
      await this.#something(givenUp);
    this.#heardAt = now();
    if (givenUp.aborted) return { frames: [] };
    if (this.#queue.length === 0 && this.#end !== undefined) return this.#end;
    const frames = this.#queue;
    this.#queue = [];
    this.#bytes = 0;
    if (frames.length > 0) queueMicrotask(() => this.#listener?.drained());
    return { frames };
  }

  #something(givenUp: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        givenUp.removeEventListener('abort', done);
        if (this.#answer === done) this.#answer = undefined;
        resolve();
      };
      const timer = setTimeout(done, pollMs);
      givenUp.addEventListener('abort', done);
      this.#answer = done;
    });
  }
}
