import { crc32 } from 'node:zlib';
import type { Random } from '@hearsay/core';
import { direction, type HostName } from './conditions.ts';

/**
 * What may befall a single frame: it is lost and its link with it (the stream has a gap), it arrives twice, one of its
 * bits is turned, or it and the next change places. `lie`: what it says is not so, though it is whole: a peer that is out
 * of its mind (Byzantine) says it.
 */
export type FrameFault = 'drop' | 'duplicate' | 'flip' | 'swap' | 'lie';

/** Checksum and code of the message. */
const headerBytes = 5;

/**
 * Codes of what is said about documents and links: who is linked, what has been received, roots, feeds, walks, sketches, who
 * wants which rumour. Not the documents themselves: a peer that writes to them may, whatever it writes.
 */
const liable = new Set([9, 13, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 32, 65, 66, 67]);

function canLie(frame: Uint8Array): boolean {
  return frame.byteLength > headerBytes && liable.has((frame[4] ?? 0) & 0x7f);
}

/** Faults waiting for the frames they will befall. */
export class FrameFaults {
  readonly #armed = new Map<string, FrameFault[]>();
  readonly #rates = new Map<FrameFault, number>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The next frames on the way from one host to the other suffer it, one after the other. */
  arm(from: HostName, to: HostName, fault: FrameFault, frames: number): void {
    const key = direction(from, to);
    const armed = this.#armed.get(key) ?? [];
    for (let i = 0; i < frames; i++) armed.push(fault);
    this.#armed.set(key, armed);
  }

  /** From now on such a share of all frames suffers it. */
  rate(fault: FrameFault, share: number): void {
    if (share > 0) this.#rates.set(fault, share);
    else this.#rates.delete(fault);
  }

  /** What befalls the frame that is sent now. A lie waits for a frame that can be one. */
  next(from: HostName, to: HostName, frame: Uint8Array): FrameFault | undefined {
    if (this.#armed.size === 0) return this.#drawn();
    const key = direction(from, to);
    const armed = this.#armed.get(key);
    if (armed?.[0] === 'lie' && !canLie(frame)) return this.#drawn();
    const fault = armed?.shift();
    if (armed?.length === 0) this.#armed.delete(key);
    return fault ?? this.#drawn();
  }

  flipped(frame: Uint8Array): Uint8Array {
    const damaged = frame.slice();
    const at = this.#random.below(damaged.byteLength);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << this.#random.below(8));
    return damaged;
  }

  /** Some of what the frame says is said otherwise, under a checksum that is right. */
  falsified(frame: Uint8Array): Uint8Array {
    const told = frame.slice();
    const at = headerBytes + this.#random.below(told.byteLength - headerBytes);
    told[at] = (told[at] ?? 0) ^ (1 + this.#random.below(255));
    new DataView(told.buffer).setUint32(0, crc32(told.subarray(4)));
    return told;
  }

  disarm(): void {
    this.#armed.clear();
    this.#rates.clear();
  }

  #drawn(): FrameFault | undefined {
    for (const [fault, share] of this.#rates) if (this.#random.chance(share)) return fault;
    return undefined;
  }
}
