import { isLoopback } from '../config/resolve.ts';

export interface AddressLimitOptions {
  /** Open connections of one address. */
  readonly maxPerAddress: number;
  /** Open connections in all. */
  readonly maxTotal: number;
  /** New connections of one address per second, on average; as many again may come at once. */
  readonly handshakesPerSecond: number;
}

export type Admission = { readonly admitted: true; release(): void } | { readonly admitted: false };

/** Counts connections by address. An IPv6 host has a whole /64 to itself, so that counts as one. Loopback is exempt. */
export class AddressLimits {
  readonly #options: AddressLimitOptions;
  readonly #addresses = new Map<string, Bucket>();
  #total = 0;

  constructor(options: AddressLimitOptions) {
    this.#options = options;
  }

  get total(): number {
    return this.#total;
  }

  /** Addresses kept in memory. */
  get remembered(): number {
    return this.#addresses.size;
  }

  /** `now` in monotonic milliseconds. */
  admit(address: string, now: number): Admission {
    if (this.#total >= this.#options.maxTotal) return { admitted: false };
    const release = once(() => {
      this.#total--;
    });
    if (isLocal(address)) {
      this.#total++;
      return { admitted: true, release };
    }
    const key = addressGroup(address);
    const bucket = this.#bucket(key, now);
    if (bucket.tokens < 1 || bucket.open >= this.#options.maxPerAddress) return { admitted: false };
    bucket.tokens--;
    bucket.open++;
    this.#total++;
    return {
      admitted: true,
      release: once(() => {
        this.#total--;
        bucket.open--;
      }),
    };
  }

  /** Forgets addresses without connections whose allowance has refilled; call now and then. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#addresses) {
      if (bucket.open === 0 && this.#refilled(bucket, now) >= this.#burst) this.#addresses.delete(key);
    }
  }

  get #burst(): number {
    return this.#options.handshakesPerSecond * 2;
  }

  #bucket(key: string, now: number): Bucket {
    const bucket = this.#addresses.get(key) ?? { open: 0, tokens: this.#burst, at: now };
    bucket.tokens = this.#refilled(bucket, now);
    bucket.at = now;
    this.#addresses.set(key, bucket);
    return bucket;
  }

  #refilled(bucket: Bucket, now: number): number {
    const earned = ((now - bucket.at) / 1000) * this.#options.handshakesPerSecond;
    return Math.min(this.#burst, bucket.tokens + earned);
  }
}

interface Bucket {
  open: number;
  tokens: number;
  at: number;
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (!done) run();
    done = true;
  };
}

/** Whether it is this machine's own. */
export function isLocal(address: string): boolean {
  return isLoopback(plainAddress(address));
}

/** An IPv4 address that came over an IPv6 socket is the IPv4 address. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** What counts as one address: an IPv6 host has a whole /64 to itself. */
export function addressGroup(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
