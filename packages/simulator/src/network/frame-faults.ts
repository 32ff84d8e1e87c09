import type { Random } from '@hearsay/core';
import { direction, type HostName } from './conditions.ts';

/**
 * What may befall a single frame: it is lost and its link with it (the stream has a gap), it arrives twice, one of its
 * bits is turned, or it and the next change places.
 */
export type FrameFault = 'drop' | 'duplicate' | 'flip' | 'swap';

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

  /** What befalls the frame that is sent now. */
  next(from: HostName, to: HostName): FrameFault | undefined {
    if (this.#armed.size === 0) return this.#drawn();
    const key = direction(from, to);
    const armed = this.#armed.get(key);
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

  disarm(): void {
    this.#armed.clear();
    this.#rates.clear();
  }

  #drawn(): FrameFault | undefined {
    for (const [fault, share] of this.#rates) if (this.#random.chance(share)) return fault;
    return undefined;
  }
}
