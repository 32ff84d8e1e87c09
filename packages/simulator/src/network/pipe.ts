import type { Random } from '@hearsay/core';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Bites, HostName, NetworkConditions } from './conditions.ts';

/** What travels in one direction of a link. */
export type Parcel =
  | { readonly kind: 'opened' }
  | { readonly kind: 'frame'; readonly frame: Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'reset' };

export interface PipeDeps {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly conditions: NetworkConditions;
  deliver(parcel: Parcel): void;
  /** A packet was lost so often that the sender has given the link up. */
  gaveUp(): void;
  /** Bytes have left the sender's buffer. */
  departed(): void;
}

/**
 * One direction of a link, as TCP gives it: in order, nothing lost. While the way is blocked parcels wait and arrive
 * after it, later than the rest of the world but before whatever was sent after them.
 */
export class Pipe {
  readonly from: HostName;
  readonly to: HostName;
  readonly #deps: PipeDeps;
  /** Came to the end of the way when it was blocked. */
  readonly #held: Parcel[] = [];
  /** Over a thin pipe: not yet sent. */
  readonly #waiting: Parcel[] = [];
  #bufferedBytes = 0;
  #transmitting = false;
  #lastArrival = 0;
  #dead = false;
  #lost: Bites = () => {};

  constructor(from: HostName, to: HostName, deps: PipeDeps) {
    this.from = from;
    this.to = to;
    this.#deps = deps;
  }

  /** Bytes that are still with the sender. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  put(parcel: Parcel): void {
    if (this.#dead) {
      this.#lost();
      return;
    }
    if (this.#transmitting || this.#rate() !== Number.POSITIVE_INFINITY) {
      this.#waiting.push(parcel);
      this.#bufferedBytes += sizeOf(parcel);
      this.#transmit();
    } else this.#launch(parcel);
  }

  /** The way is open again. */
  unblocked(): void {
    for (const parcel of this.#held.splice(0)) {
      this.#bufferedBytes -= sizeOf(parcel);
      this.#launch(parcel);
    }
    this.#deps.departed();
  }

  /** What has not left the sender is gone; what is under way arrives. */
  dropUnsent(): void {
    this.#waiting.length = 0;
    this.#bufferedBytes = 0;
  }

  /** Nothing arrives any more; `lost` is told of what is sent all the same. */
  kill(lost: Bites): void {
    this.#dead = true;
    this.#lost = lost;
    this.#held.length = 0;
    this.dropUnsent();
  }

  #rate(): number {
    return this.#deps.conditions.bytesPerMs(this.from, this.to);
  }

  #transmit(): void {
    const parcel = this.#waiting[0];
    if (this.#transmitting || parcel === undefined) return;
    this.#transmitting = true;
    const waitMs = sizeOf(parcel) / this.#rate();
    if (waitMs > 0) this.#deps.conditions.waited(this.from, this.to);
    this.#deps.time.after(waitMs, () => {
      this.#transmitting = false;
      if (this.#waiting[0] !== parcel) {
        this.#transmit();
        return;
      }
      this.#waiting.shift();
      this.#bufferedBytes -= sizeOf(parcel);
      this.#launch(parcel);
      this.#deps.departed();
      this.#transmit();
    });
  }

  #launch(parcel: Parcel): void {
    const { time, random, conditions } = this.#deps;
    const waitMs = this.#retransmissionsMs();
    if (waitMs === undefined) {
      this.#deps.gaveUp();
      return;
    }
    const latencyMs = conditions.latencyMs(this.from, this.to, random);
    const arrival = Math.max(this.#lastArrival, time.now + latencyMs + waitMs);
    this.#lastArrival = arrival;
    time.after(arrival - time.now, () => this.#arrive(parcel));
  }

  /** How long it takes until the packet is not lost; undefined when TCP would give up. */
  #retransmissionsMs(): number | undefined {
    const { conditions, random } = this.#deps;
    if (conditions.loss === 0) return 0;
    let waitMs = 0;
    for (let timeoutMs = firstRetransmissionMs; random.chance(conditions.loss); timeoutMs *= 2) {
      waitMs += timeoutMs;
      if (waitMs > longestRetransmissionMs) return undefined;
    }
    return waitMs;
  }

  #arrive(parcel: Parcel): void {
    if (this.#dead) return;
    if (this.#deps.conditions.holdsBack(this.from, this.to) || this.#held.length > 0) {
      this.#held.push(parcel);
      this.#bufferedBytes += sizeOf(parcel);
    } else this.#deps.deliver(parcel);
  }
}

/** Linux: 200 ms at least, doubled each time; our own heartbeat ends a link before TCP does. */
const firstRetransmissionMs = 200;
const longestRetransmissionMs = 30_000;

function sizeOf(parcel: Parcel): number {
  return parcel.kind === 'frame' ? parcel.frame.byteLength : 0;
}
