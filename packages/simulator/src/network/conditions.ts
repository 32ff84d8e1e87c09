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

/** Called whenever a condition has had an effect: something was held back, or took longer. */
export type Bites = () => void;

interface Slowness {
  readonly value: number;
  readonly bites: Bites;
}

/** What the network is like between any two machines at this moment. Every direction is on its own. */
export class NetworkConditions {
  readonly #latencies = new Map<string, LatencyProfile>();
  /** What blocks each way, and is told of what it holds back. */
  readonly #blocks = new Map<string, Bites[]>();
  readonly #extraDelaysMs = new Map<string, Slowness>();
  readonly #bytesPerMs = new Map<string, Slowness>();
  readonly #readBytesPerMs = new Map<HostName, Slowness>();
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
    return this.#blocks.size > 0 && this.#blocks.has(direction(from, to));
  }

  /** Whether what has come to the end of the way is held back; whatever blocks it is told. */
  holdsBack(from: HostName, to: HostName): boolean {
    if (!this.isBlocked(from, to)) return false;
    for (const bites of this.#blocks.get(direction(from, to)) ?? []) bites();
    return true;
  }

  /** Nothing gets from one to the other until {@link unblock} with the same `bites`. */
  block(from: HostName, to: HostName, bites: Bites = unnoticed): void {
    const blocks = this.#blocks.get(direction(from, to)) ?? [];
    this.#blocks.set(direction(from, to), [...blocks, bites]);
    if (blocks.length === 0) for (const listener of this.#listeners) listener(from, to, true);
  }

  unblock(from: HostName, to: HostName, bites: Bites = unnoticed): void {
    const blocks = this.#blocks.get(direction(from, to)) ?? [];
    const at = blocks.indexOf(bites);
    if (at < 0) return;
    const left = blocks.toSpliced(at, 1);
    this.#blocks.set(direction(from, to), left);
    if (left.length > 0) return;
    this.#blocks.delete(direction(from, to));
    for (const listener of this.#listeners) listener(from, to, false);
  }

  latencyMs(from: HostName, to: HostName, random: Random): number {
    const profile = this.#profile(from, to);
    const jitterMs = profile.jitterMs > 0 ? random.below(profile.jitterMs + 1) : 0;
    const { share, extraMs } = this.stragglers;
    const heldMs = share > 0 && random.chance(share) ? extraMs : 0;
    return profile.baseMs + jitterMs + heldMs + this.#extraDelayMs(from, to);
  }

  /** 0 ends it. */
  delay(from: HostName, to: HostName, extraMs: number, bites: Bites = unnoticed): void {
    set(this.#extraDelaysMs, direction(from, to), { value: extraMs, bites }, 0);
  }

  /** Infinity ends it. */
  throttle(from: HostName, to: HostName, bytesPerMs: number, bites: Bites = unnoticed): void {
    set(this.#bytesPerMs, direction(from, to), { value: bytesPerMs, bites }, Number.POSITIVE_INFINITY);
  }

  /** How fast a machine reads from each of its links; Infinity ends it. */
  slowReader(host: HostName, bytesPerMs: number, bites: Bites = unnoticed): void {
    set(this.#readBytesPerMs, host, { value: bytesPerMs, bites }, Number.POSITIVE_INFINITY);
  }

  bytesPerMs(from: HostName, to: HostName): number {
    return this.#narrowest(from, to)?.value ?? Number.POSITIVE_INFINITY;
  }

  /** Something has had to wait because of {@link bytesPerMs}. */
  waited(from: HostName, to: HostName): void {
    this.#narrowest(from, to)?.bites();
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

  #extraDelayMs(from: HostName, to: HostName): number {
    const slowness = this.#extraDelaysMs.get(direction(from, to));
    slowness?.bites();
    return slowness?.value ?? 0;
  }

  #narrowest(from: HostName, to: HostName): Slowness | undefined {
    if (this.#bytesPerMs.size === 0 && this.#readBytesPerMs.size === 0) return undefined;
    const way = this.#bytesPerMs.get(direction(from, to));
    const reader = this.#readBytesPerMs.get(to);
    if (way === undefined || reader === undefined) return way ?? reader;
    return way.value < reader.value ? way : reader;
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

function set(map: Map<string, Slowness>, key: string, slowness: Slowness, normal: number): void {
  if (slowness.value === normal) map.delete(key);
  else map.set(key, slowness);
}

function unnoticed(): void {}
