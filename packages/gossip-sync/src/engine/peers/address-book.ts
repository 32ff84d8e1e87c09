import type { Random, ReplicaId } from '@hearsay/core';
import { closeCodes, isPermanent } from '../../wire/close-codes.ts';
import { backOff } from './back-off.ts';
import type { PeersConfig } from './config.ts';

interface Entry {
  readonly address: string;
  readonly isSeed: boolean;
  /** Who answered there last, or is said to. */
  peer: ReplicaId | null;
  attempt: number;
  dueAt: number;
  isDialling: boolean;
}

/** Addresses to dial, when next, and who is behind them. */
export class AddressBook {
  readonly #config: PeersConfig;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();

  constructor(config: PeersConfig, random: Random) {
    this.#config = config;
    this.#random = random;
  }

  /** Adds an address; one that is known keeps its back-off and learns who is there. */
  put(address: string, peer: ReplicaId | null, dueAt: number): void {
    const known = this.#entries.get(address);
    if (known !== undefined) {
      known.peer = peer ?? known.peer;
      return;
    }
    const isSeed = this.#config.seeds.includes(address);
    this.#entries.set(address, { address, isSeed, peer, attempt: 0, dueAt, isDialling: false });
  }

  /** Forgets where a peer was, before its new addresses are put. */
  moved(peer: ReplicaId): void {
    for (const entry of this.#entries.values()) {
      if (entry.peer !== peer) continue;
      if (entry.isSeed) entry.peer = null;
      else this.#entries.delete(entry.address);
    }
  }

  /** Marks and returns the addresses to dial now, at most `room`, one for each peer. */
  takeDue(now: number, room: number, linked: ReadonlySet<ReplicaId>): string[] {
    const busy = new Set<ReplicaId>();
    for (const { peer, isDialling } of this.#entries.values())
      if (peer !== null && isDialling) busy.add(peer);
    const due: string[] = [];
    for (const entry of this.#entries.values()) {
      if (due.length >= room) break;
      if (entry.dueAt > now || !this.#isWanted(entry, linked)) continue;
      if (entry.peer !== null) {
        if (busy.has(entry.peer)) continue;
        busy.add(entry.peer);
      }
      entry.isDialling = true;
      due.push(entry.address);
    }
    return due;
  }

  /** When the next dial is due; undefined when there is nobody left to dial. */
  nextDue(linked: ReadonlySet<ReplicaId>): number | undefined {
    const busy = this.#busy();
    let next: number | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.peer !== null && busy.has(entry.peer)) continue;
      if (this.#isWanted(entry, linked) && (next === undefined || entry.dueAt < next)) next = entry.dueAt;
    }
    return next;
  }

  /** The link to `peer` is up; the dial of `address` led to it if that is given. */
  linked(peer: ReplicaId, address: string | null): void {
    const entry = address === null ? undefined : this.#entries.get(address);
    if (entry === undefined) return;
    entry.peer = peer;
    entry.isDialling = false;
    entry.attempt = 0;
  }

  unlinked(peer: ReplicaId, now: number): void {
    for (const entry of this.#entries.values()) if (entry.peer === peer) this.#later(entry, now);
  }

  /** A dial failed, was refused, or led to `peer`, who is linked already. */
  ended(address: string, code: number, peer: ReplicaId | null, now: number): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    entry.isDialling = false;
    if (peer !== null) entry.peer = peer;
    if (code === closeCodes.self) {
      entry.dueAt = Number.POSITIVE_INFINITY;
    } else if (isPermanent(code)) {
      entry.dueAt = now + this.#config.refusedCapMs * (0.5 + this.#random.next() / 2);
    } else {
      this.#later(entry, now);
    }
  }

  /** Peers that are being dialled, under one of their addresses. */
  #busy(): Set<ReplicaId> {
    const busy = new Set<ReplicaId>();
    for (const { peer, isDialling } of this.#entries.values())
      if (peer !== null && isDialling) busy.add(peer);
    return busy;
  }

  #later(entry: Entry, now: number): void {
    const { dialBaseMs, dialCapMs } = this.#config;
    entry.dueAt = now + backOff(entry.attempt, dialBaseMs, dialCapMs, this.#random);
    entry.attempt++;
  }

  #isWanted({ peer, isDialling, dueAt }: Entry, linked: ReadonlySet<ReplicaId>): boolean {
    return !isDialling && dueAt !== Number.POSITIVE_INFINITY && (peer === null || !linked.has(peer));
  }
}
