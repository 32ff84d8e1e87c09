import { utf8Encode } from './bytes.ts';
import { tuple } from './codec.ts';
import { sha256 } from './hash.ts';
import type { Random } from './ports.ts';

/** A seeded generator, xoshiro128** (Blackman and Vigna 2018); the seed may be any string. */
export function createRandom(seed: string): Random {
  return new Xoshiro128(sha256(utf8Encode(seed)));
}

class Xoshiro128 implements Random {
  readonly #seed: Uint8Array;
  readonly #state: Uint32Array;

  constructor(seed: Uint8Array) {
    this.#seed = seed;
    const view = new DataView(seed.buffer, seed.byteOffset, 16);
    this.#state = Uint32Array.from([0, 4, 8, 12], (offset) => view.getUint32(offset));
  }

  next(): number {
    // 53 bits, as many as a double holds below one.
    return ((this.#draw() >>> 5) * 67_108_864 + (this.#draw() >>> 6)) / 9_007_199_254_740_992;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#draw() >>> 24);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = result[i] as T;
      result[i] = result[j] as T;
      result[j] = held;
    }
    return result;
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  fork(name: string): Random {
    return new Xoshiro128(sha256(tuple(this.#seed, utf8Encode(name))));
  }

  #draw(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
