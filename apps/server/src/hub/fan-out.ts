import { type DocumentKey, type Life, limits } from '@hearsay/core';
import { mergeUpdates, splitUpdateForClients } from '@hearsay/document';
import { webSocketFrame } from '../websocket/frame.ts';

/** A change as the store committed it; `session` names the client that sent it. */
export interface PublishedUpdate {
  readonly key: DocumentKey;
  readonly life: Life;
  readonly session: string | null;
  readonly update: Uint8Array;
}

/** Subscribers of one document whose frames are equal: same dialect, same channel. */
export interface FrameGroup {
  /** Equal for equal frames. */
  readonly name: string;
  /** The message that carries an update. */
  encode(update: Uint8Array): Uint8Array;
}

/** Where frames of a subscription go. */
export interface FrameSink {
  bufferedBytes(): number;
  write(frame: Buffer): void;
  /** More waits for this client than it is given: it has to come back and sync anew. */
  overflow(): void;
  /** The document was deleted, or another life has taken the place of the client's. */
  ended(): void;
}

/** Receives one document's updates for one client. */
export class Subscription {
  readonly key: DocumentKey;
  /** Names the client's updates among those published. */
  readonly session: string;
  readonly group: FrameGroup;
  readonly #sink: FrameSink;
  // What is published before the first state is sent, or while the client reads too slowly.
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** Of what is kept. */
  #keptLife: Life = 0;
  /** The life that the client has been shown; 0: none yet. */
  #life: Life = 0;
  #flowing = false;

  constructor(key: DocumentKey, session: string, group: FrameGroup, sink: FrameSink) {
    this.key = key;
    this.session = session;
    this.group = group;
    this.#sink = sink;
  }

  /** The client's state of a life is sent, or its buffer has drained: sends what was kept, as one update, and goes on. */
  flow(life: Life = this.#life): void {
    const kept = this.#keptLife === life ? this.#kept : [];
    const isOver = this.#keptLife > life;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#keptLife = 0;
    this.#life = life;
    this.#flowing = true;
    if (isOver) this.#sink.ended();
    if (kept.length === 0) return;
    for (const update of mergedForFrames(kept)) {
      for (const frame of buildFrames(this.group, update)) this.#sink.write(frame);
    }
  }

  end(): void {
    this.#sink.ended();
  }

  /** Whether updates wait for {@link flow}. */
  get isHolding(): boolean {
    return !this.#flowing;
  }

  deliver(life: Life, update: Uint8Array, frames: readonly Buffer[]): void {
    if (life < this.#life) return;
    if (life > this.#life && this.#life > 0) {
      this.#sink.ended();
      return;
    }
    if (this.#flowing && this.#sink.bufferedBytes() <= limits.clientBufferSoftBytes) {
      for (const frame of frames) this.#sink.write(frame);
      return;
    }
    this.#flowing = false;
    if (life > this.#keptLife) {
      this.#kept = [];
      this.#keptBytes = 0;
      this.#keptLife = life;
    }
    this.#kept.push(update);
    this.#keptBytes += update.byteLength;
    if (this.#keptBytes > limits.clientBufferHardBytes) this.#sink.overflow();
  }
}

/** Hands committed updates to the clients of their documents: one frame for each document and turn. */
export class FanOut {
  readonly #rooms = new Map<DocumentKey, Map<string, Set<Subscription>>>();
  #framesWritten = 0;

  /** Documents somebody is subscribed to. */
  get documents(): number {
    return this.#rooms.size;
  }

  /** Frames handed to sockets or kept for them, since the start. */
  get framesWritten(): number {
    return this.#framesWritten;
  }

  add(subscription: Subscription): void {
    let room = this.#rooms.get(subscription.key);
    if (room === undefined) {
      room = new Map();
      this.#rooms.set(subscription.key, room);
    }
    const group = room.get(subscription.group.name);
    if (group === undefined) room.set(subscription.group.name, new Set([subscription]));
    else group.add(subscription);
  }

  delete(subscription: Subscription): void {
    const room = this.#rooms.get(subscription.key);
    const group = room?.get(subscription.group.name);
    if (room === undefined || group === undefined) return;
    group.delete(subscription);
    if (group.size === 0) room.delete(subscription.group.name);
    if (room.size === 0) this.#rooms.delete(subscription.key);
  }

  /** Everything a turn committed, in order. */
  publish(updates: readonly PublishedUpdate[]): void {
    for (const [key, turn] of this.#byDocument(updates)) {
      const room = this.#rooms.get(key);
      if (room === undefined) continue;
      for (const update of mergedForFrames(turn.updates)) {
        for (const group of [...room.values()]) this.#publishTo([...group], turn, update);
      }
    }
  }

  /** Tells everybody on a document that it was deleted. */
  end(key: DocumentKey): void {
    for (const group of [...(this.#rooms.get(key)?.values() ?? [])]) {
      for (const subscription of [...group]) subscription.end();
    }
  }

  #publishTo(group: readonly Subscription[], { life, soleSession }: Turn, update: Uint8Array): void {
    let frames: readonly Buffer[] | undefined;
    for (const subscription of group) {
      // Its own edit, and nothing else: it has it already.
      if (soleSession !== null && subscription.session === soleSession) continue;
      frames ??= buildFrames(subscription.group, update);
      subscription.deliver(life, update, frames);
      this.#framesWritten += frames.length;
    }
  }

  #byDocument(updates: readonly PublishedUpdate[]): Map<DocumentKey, Turn> {
    const turns = new Map<DocumentKey, Turn>();
    for (const { key, life, session, update } of updates) {
      if (!this.#rooms.has(key)) continue;
      const turn = turns.get(key);
      if (turn === undefined || turn.life < life) {
        turns.set(key, { life, updates: [update], soleSession: session });
      } else {
        turn.updates.push(update);
        if (turn.soleSession !== session) turn.soleSession = null;
      }
    }
    return turns;
  }
}

interface Turn {
  readonly life: Life;
  readonly updates: Uint8Array[];
  /** The client all of them came from, if it is one. */
  soleSession: string | null;
}

/** As few as fit into frames: what is merged and cut again afterwards may be cut within an edit. */
function mergedForFrames(updates: readonly Uint8Array[]): readonly Uint8Array[] {
  const groups: Uint8Array[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const update of updates) {
    bytes += update.byteLength;
    if (bytes > limits.clientFrameBytes) {
      groups.push([]);
      bytes = update.byteLength;
    }
    groups.at(-1)?.push(update);
  }
  return groups.map(mergeUpdates);
}

function buildFrames(group: FrameGroup, update: Uint8Array): readonly Buffer[] {
  return splitUpdateForClients(update, limits.clientFrameBytes).map((piece) =>
    webSocketFrame(group.encode(piece)),
  );
}
