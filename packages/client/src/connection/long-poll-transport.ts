import { ByteWriter, decode, utf8Decode } from '@hearsay/core';
import { boundedBody } from './bounded-body.ts';
import type { Transport, TransportEvents, TransportOptions } from './transport.ts';

/** `fetch`, as far as it is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Frames over plain HTTP, for networks that let no WebSocket through: one request waits for what the server has to say, one
 * at a time carries what there is to be said. A request that fails may have been answered, so any failure ends the session, and
 * the next one begins anew.
 */
export function openLongPollTransport(
  fetch: Fetch,
  { url, token }: TransportOptions,
  events: TransportEvents,
): Transport {
  const { origin, pathname, search } = new URL(url.replace(/^ws/, 'http'));
  const sessions = `${origin}${pathname.replace(/\/+$/, '')}/sync/sessions`;
  const poll = new LongPoll(fetch, sessions, search, events);
  poll.run(token);
  return {
    get waitingBytes() {
      return poll.waitingBytes;
    },
    send: (frame) => poll.send(frame),
    close: () => poll.close(),
  };
}

class LongPoll {
  readonly #fetch: Fetch;
  readonly #sessions: string;
  /** What the application put into the address of the server. */
  readonly #search: string;
  readonly #events: TransportEvents;
  readonly #aborted = new AbortController();
  #authorization: Record<string, string> = {};
  #session: string | undefined;
  #waiting: Uint8Array[] = [];
  #sending = false;
  #ended = false;

  constructor(fetch: Fetch, sessions: string, search: string, events: TransportEvents) {
    this.#fetch = fetch;
    this.#sessions = sessions;
    this.#search = search;
    this.#events = events;
  }

  run(token: () => Promise<string>): void {
    this.#poll(token).catch((error: unknown) => this.#end(1006, messageOf(error)));
  }

  send(frame: Uint8Array): void {
    this.#waiting.push(frame);
    if (!this.#sending) this.#flush().catch((error: unknown) => this.#end(1006, messageOf(error)));
  }

  get waitingBytes(): number {
    return this.#waiting.reduce((sum, frame) => sum + frame.byteLength, 0);
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#aborted.abort();
    if (this.#session === undefined) return;
    // The server forgets the session by itself when this does not get through.
    this.#fetch(this.#address(), { method: 'DELETE', headers: this.#authorization }).catch(() => {});
  }

  async #poll(token: () => Promise<string>): Promise<void> {
    const secret = await token();
    if (secret !== '') this.#authorization = { authorization: `Bearer ${secret}` };
    const created = await this.#request(`${this.#sessions}${this.#search}`, 'POST');
    if (created === undefined) return;
    const session = sessionOf(await jsonOf(created));
    if (session === undefined) {
      this.#end(1002, 'not the answer of a Hearsay server');
      return;
    }
    this.#session = session;
    if (this.#ended) return;
    this.#events.opened();
    this.#flush().catch((error: unknown) => this.#end(1006, messageOf(error)));
    while (!this.#ended) {
      const answer = await this.#request(`${this.#address()}/frames`, 'GET');
      if (answer === undefined) return;
      const frames = readFrames(await boundedBody(answer, answerBytes));
      if (frames === undefined) this.#end(1002, 'not the answer of a Hearsay server');
      for (const frame of frames ?? []) if (!this.#ended) this.#events.frame(frame);
    }
  }

  async #flush(): Promise<void> {
    if (this.#session === undefined || this.#sending) return;
    this.#sending = true;
    while (this.#waiting.length > 0 && !this.#ended) {
      const frames = this.#waiting.splice(0, countWithin(this.#waiting, bodyBytes));
      await this.#request(`${this.#address()}/frames`, 'POST', writeFrames(frames));
    }
    this.#sending = false;
  }

  /** Undefined when it has ended the session. */
  async #request(url: string, method: string, body?: Uint8Array<ArrayBuffer>): Promise<Response | undefined> {
    const type = body === undefined ? undefined : { 'content-type': 'application/octet-stream' };
    const response = await this.#fetch(url, {
      method,
      headers: { ...this.#authorization, ...type },
      cache: 'no-store',
      signal: this.#aborted.signal,
      ...(body === undefined ? {} : { body }),
    });
    if (response.ok) return response;
    const told = response.status === 410 ? closeOf(await jsonOf(response).catch(() => null)) : undefined;
    this.#end(told?.code ?? codeOfStatus(response.status), told?.reason ?? `HTTP ${response.status}`);
    return undefined;
  }

  #address(): string {
    return `${this.#sessions}/${encodeURIComponent(this.#session ?? '')}`;
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.close();
    this.#events.closed(code, reason);
  }
}

/** How many of them weigh no more, one at least. */
function countWithin(frames: readonly Uint8Array[], maxBytes: number): number {
  let bytes = 0;
  const beyond = frames.findIndex((frame) => {
    bytes += frame.byteLength;
    return bytes > maxBytes;
  });
  return beyond === -1 ? frames.length : Math.max(1, beyond);
}

/** Of one request; a frame that is larger goes alone. Servers take as much as a whole message. */
const bodyBytes = 262_144;

/** Of one answer at most. A server sends all there is at once: a document, in pieces, may be much. */
const answerBytes = 268_435_456;

/** Of an answer that tells of a session. */
const wordBytes = 65_536;

async function jsonOf(response: Response): Promise<unknown> {
  return JSON.parse(utf8Decode(await boundedBody(response, wordBytes)));
}

/** Refusals are final, as they are over a WebSocket; anything else may be another time. */
function codeOfStatus(status: number): number {
  return status === 401 ? 4401 : status === 403 ? 4403 : 1006;
}

function sessionOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('session' in answer)) return undefined;
  return typeof answer.session === 'string' ? answer.session : undefined;
}

function closeOf(answer: unknown): { readonly code: number; readonly reason: string } | undefined {
  if (typeof answer !== 'object' || answer === null || !('code' in answer)) return undefined;
  if (typeof answer.code !== 'number') return undefined;
  return { code: answer.code, reason: 'reason' in answer ? String(answer.reason) : '' };
}

function writeFrames(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(frames.reduce((sum, frame) => sum + frame.byteLength + 4, 0));
  for (const frame of frames) writer.varBytes(frame);
  return Uint8Array.from(writer.finish());
}

function readFrames(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const frames = decode(bytes, (reader) => {
    const list: Uint8Array[] = [];
    while (reader.remaining > 0) list.push(reader.varBytes());
    return list;
  });
  return frames.ok ? frames.value : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
