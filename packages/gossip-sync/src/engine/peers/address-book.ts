import type { Random, ReplicaId } from '@hearsay/core';
import { closeCodes, isOddFrame, isPermanent } from '../../wire/close-codes.ts';
import { backOff } from './back-off.ts';
import type { PeersConfig } from './config.ts';

interface Entry {
  readonly address: string;
  readonly isSeed: boolean;
  /** Who answered there last, or is said to. */
  peer: ReplicaId | null;
  attempt: number;
  dueAt: number;
  /** Dials in a row that ended with an odd frame. */
  oddEnds: number;
}

/** So many dials in a row end with an odd frame before the peer is taken for one that speaks otherwise. */
const oddEndsOfOther = 4;

/** Addresses to dial, when next, and who is behind them. */
export class AddressBook {
  readonly #config: PeersConfig;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();
  /** To be dialled once whatever the size of the mesh. */
  readonly #wished = new Set<Entry>();
  readonly #dialling = new Set<Entry>();

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
    const entry = { address, isSeed, peer, attempt: 0, dueAt, oddEnds: 0 };
    this.#entries.set(address, entry);
  }

  /** Somebody needs a link to this address now. */
  wish(address: string, peer: ReplicaId | null, now: number): void {
    this.put(address, peer, now);
    const entry = this.#entries.get(address);
    if (entry === undefined || entry.dueAt === Number.POSITIVE_INFINITY) return;
    this.#wished.add(entry);
    entry.dueAt = Math.min(entry.dueAt, now);
  }

  /** Forgets where a peer was; a seed stays one. */
  forget(peer: ReplicaId): void {
    for (const entry of this.#entries.values()) {
      if (entry.peer !== peer) continue;
      if (entry.isSeed) entry.peer = null;
      else {
        this.#entries.delete(entry.address);
        this.#wished.delete(entry);
        this.#dialling.delete(entry);
      }
    }
  }

  /** Marks and returns the addresses to dial now, one for each peer. */
  takeDue(now: number, linked: ReadonlySet<ReplicaId>, isFullMesh: boolean): string[] {
    const due: string[] = [];
    const busy = this.#busy();
    for (const entry of this.#wanted(linked, isFullMesh)) {
      if (entry.dueAt > now || (entry.peer !== null && busy.has(entry.peer))) continue;
      if (entry.peer !== null) busy.add(entry.peer);
      this.#dialling.add(entry);
      this.#wished.delete(entry);
      due.push(entry.address);
    }
    return due;
  }

  /** When the next dial is due; undefined when there is nobody left to dial. */
  nextDue(linked: ReadonlySet<ReplicaId>, isFullMesh: boolean): number | undefined {
    const busy = this.#busy();
    let next: number | undefined;
    for (const { peer, dueAt } of this.#wanted(linked, isFullMesh)) {
      if (peer !== null && busy.has(peer)) continue;
      if (next === undefined || dueAt < next) next = dueAt;
    }
    return next;
  }

  /** The link to `peer` is up; the dial of `address` led to it if that is given. */
  linked(peer: ReplicaId, address: string | null): void {
    const entry = address === null ? undefined : this.#entries.get(address);
    if (entry === undefined) return;
    entry.peer = peer;
    this.#dialling.delete(entry);
    entry.attempt = 0;
    entry.oddEnds = 0;
  }

  unlinked(peer: ReplicaId, now: number): void {
    for (const entry of this.#entries.values()) if (entry.peer === peer) this.#later(entry, now);
  }

  /** A dial failed, was refused, or led to `peer`, who is linked already. */
  ended(address: string, code: number, peer: ReplicaId | null, now: number): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    this.#dialling.delete(entry);
    if (peer !== null) entry.peer = peer;
    entry.oddEnds = isOddFrame(code) ? entry.oddEnds + 1 : 0;
    const mayPass = entry.oddEnds > 0 && entry.oddEnds < oddEndsOfOther;
    if (code === closeCodes.self) {
      entry.dueAt = Number.POSITIVE_INFINITY;
    } else if (isPermanent(code) && !mayPass) {
      entry.dueAt = now + this.#config.refusedCapMs * (0.5 + this.#random.next() / 2);
    } else {
      this.#later(entry, now);
    }
  }

  #later(entry: Entry, now: number): void {
    const { dialBaseMs, dialCapMs } = this.#config;
    entry.dueAt = now + backOff(entry.attempt, dialBaseMs, dialCapMs, this.#random);
    entry.attempt++;
  }

  /** In a full mesh everybody; otherwise whom somebody wishes for, and anybody rather than nobody, but few at once. */
  *#wanted(linked: ReadonlySet<ReplicaId>, isFullMesh: boolean): Iterable<Entry> {
    if (isFullMesh) yield* this.#dialable(this.#entries.values(), linked);
    else {
      yield* this.#dialable(this.#wished, linked);
      if (linked.size > 0) return;
      let free = this.#config.lonelyDials - this.#dialling.size;
      for (const entry of this.#dialable(this.#entries.values(), linked)) {
        if (this.#wished.has(entry)) continue;
        if (free-- <= 0) return;
        yield entry;
      }
    }
  }

  *#dialable(candidates: Iterable<Entry>, linked: ReadonlySet<ReplicaId>): Iterable<Entry> {
    for (const entry of candidates) {
      if (this.#dialling.has(entry) || entry.dueAt === Number.POSITIVE_INFINITY) continue;
      if (entry.peer !== null && linked.has(entry.peer)) continue;
      yield entry;
    }
  }

  /** Peers that are being dialled, under one of their addresses. */
  #busy(): Set<ReplicaId> {
    const busy = new Set<ReplicaId>();
    for (const { peer } of this.#dialling) if (peer !== null) busy.add(peer);
    return busy;
  }
}
