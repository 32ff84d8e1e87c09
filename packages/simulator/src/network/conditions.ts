import type { Random } from '@hearsay/core';

/** Name of a machine. */
export type HostName = string;

/** How fast and how evenly frames travel. */
export interface LatencyProfile {
  readonly baseMs: number;
  /** Each frame takes up to this much longer. */
  readonly jitterMs: number;
}

/** Share of packets that are lost and have to be sent again. */
export type LossRate = number;

/** Frames that are held up somewhere, with whatever is behind them. */
export interface Stragglers {
  readonly share: number;
  readonly extraMs: number;
}

/** What the network is like between any two machines at this moment. Every direction is on its own. */
export class NetworkConditions {
  readonly #latencies = new Map<string, LatencyProfile>();
  readonly #blocks = new Map<string, number>();
  readonly #extraDelaysMs = new Map<string, number>();
  readonly #bytesPerMs = new Map<string, number>();
  readonly #readBytesPerMs = new Map<HostName, number>();
  /** On every way, in [0, 1). */
  loss: LossRate = 0;
  /** On every way such a share of frames takes so much longer. */
  stragglers: Stragglers = { share: 0, extraMs: 0 };
  readonly #usual: (from: HostName, to: HostName) => LatencyProfile;
  readonly #connected: (from: HostName, to: HostName) => boolean;
  readonly #listeners: ((from: HostName, to: HostName, blocked: boolean) => void)[] = [];

  /** `connected`: whether there is any way at all, on the best of days. */
  constructor(
    usual: (from: HostName, to: HostName) => LatencyProfile,
    connected: (from: HostName, to: HostName) => boolean,
  ) {
    this.#usual = usual;
    this.#connected = connected;
  }

  onBlock(listener: (from: HostName, to: HostName, blocked: boolean) => void): void {
    this.#listeners.push(listener);
  }

  isBlocked(from: HostName, to: HostName): boolean {
    if (!this.#connected(from, to)) return true;
    return this.#blocks.size > 0 && (this.#blocks.get(direction(from, to)) ?? 0) > 0;
  }

  /** Nothing gets from one to the other until as many calls of {@link unblock}. */
  block(from: HostName, to: HostName): void {
    const count = this.#blocks.get(direction(from, to)) ?? 0;
    this.#blocks.set(direction(from, to), count + 1);
    if (count === 0) for (const listener of this.#listeners) listener(from, to, true);
  }

  unblock(from: HostName, to: HostName): void {
    const count = this.#blocks.get(direction(from, to)) ?? 0;
    if (count === 0) return;
    if (count > 1) {
      this.#blocks.set(direction(from, to), count - 1);
      return;
    }
    this.#blocks.delete(direction(from, to));
    for (const listener of this.#listeners) listener(from, to, false);
  }

  latencyMs(from: HostName, to: HostName, random: Random): number {
    const profile = this.#profile(from, to);
    const jitterMs = profile.jitterMs > 0 ? random.below(profile.jitterMs + 1) : 0;
    const { share, extraMs } = this.stragglers;
    const heldMs = share > 0 && random.chance(share) ? extraMs : 0;
    return profile.baseMs + jitterMs + heldMs + (this.#extraDelaysMs.get(direction(from, to)) ?? 0);
  }

  /** 0 ends it. */
  delay(from: HostName, to: HostName, extraMs: number): void {
    set(this.#extraDelaysMs, direction(from, to), extraMs, 0);
  }

  /** Infinity ends it. */
  throttle(from: HostName, to: HostName, bytesPerMs: number): void {
    set(this.#bytesPerMs, direction(from, to), bytesPerMs, Number.POSITIVE_INFINITY);
  }

  /** How fast a machine reads from each of its links; Infinity ends it. */
  slowReader(host: HostName, bytesPerMs: number): void {
    set(this.#readBytesPerMs, host, bytesPerMs, Number.POSITIVE_INFINITY);
  }

  bytesPerMs(from: HostName, to: HostName): number {
    if (this.#bytesPerMs.size === 0 && this.#readBytesPerMs.size === 0) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#bytesPerMs.get(direction(from, to)) ?? Number.POSITIVE_INFINITY,
      this.#readBytesPerMs.get(to) ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Everything as on a good day. */
  heal(): void {
    this.#extraDelaysMs.clear();
    this.#bytesPerMs.clear();
    this.#readBytesPerMs.clear();
    this.loss = 0;
    this.stragglers = { share: 0, extraMs: 0 };
    for (const key of [...this.#blocks.keys()].sort()) {
      this.#blocks.delete(key);
      const [from = '', to = ''] = key.split('>');
      for (const listener of this.#listeners) listener(from, to, false);
    }
  }

  #profile(from: HostName, to: HostName): LatencyProfile {
    const key = direction(from, to);
    const known = this.#latencies.get(key);
    if (known !== undefined) return known;
    const profile = this.#usual(from, to);
    this.#latencies.set(key, profile);
    return profile;
  }
}

/** Names the way from one machine to another. */
export function direction(from: HostName, to: HostName): string {
  return `${from}>${to}`;
}

function set(map: Map<string, number>, key: string, value: number, normal: number): void {
  if (value === normal) map.delete(key);
  else map.set(key, value);
}
