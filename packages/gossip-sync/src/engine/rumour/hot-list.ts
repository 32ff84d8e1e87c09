import type { Random, ReplicaId } from '@hearsay/core';
import type { RumourConfig } from './config.ts';
import type { Rumour, RumourId, RumourMark, RumourRole } from './messages.ts';
import { countContact } from './stop-rule.ts';

/** A rumour being spread here. */
export interface HotRumour extends Rumour {
  /** The cycle in which it came; it is passed on from the next. */
  readonly learnt: number;
  /** What counts against it, see `stopMethod`. */
  count: number;
  /** Times it was pushed in this cycle. */
  pushed: number;
  /** Times it was given to an asker in this cycle. */
  given: number;
  /** Whether a partner of this cycle was known to have it. */
  wasSpared: boolean;
  /** Whether an asker of this cycle needed it, and whether one had it already. */
  wasUseful: boolean;
  wasUseless: boolean;
  /** Peers known to have it. */
  holders: Set<ReplicaId> | null;
}

/** What goes into one message: with payload, and by id alone. */
export interface Selection {
  readonly carried: RumourMark[];
  readonly announced: RumourMark[];
}

/** The rumours that are hot here, and when each of them cools. Oldest first. */
export class HotList {
  readonly #config: RumourConfig;
  readonly #random: Random;
  readonly #cooled: (id: RumourId) => void;
  readonly #hot = new Map<RumourId, HotRumour>();

  constructor(config: RumourConfig, random: Random, cooled: (id: RumourId) => void) {
    this.#config = config;
    this.#random = random;
    this.#cooled = cooled;
  }

  get size(): number {
    return this.#hot.size;
  }

  get(id: RumourId): HotRumour | undefined {
    return this.#hot.get(id);
  }

  /** Returns the rumour that had to give way, if one had to. */
  add({ id, sizeBytes }: Rumour, learnt: number, from: ReplicaId | null): RumourId | undefined {
    const rumour: HotRumour = {
      id,
      sizeBytes,
      learnt,
      count: 0,
      pushed: 0,
      given: 0,
      wasSpared: false,
      wasUseful: false,
      wasUseless: false,
      holders: null,
    };
    this.#hot.set(id, rumour);
    if (from !== null) this.addHolder(rumour, from);
    if (this.#hot.size <= this.#config.maxHot) return undefined;
    for (const oldest of this.#hot.keys()) {
      this.remove(oldest);
      return oldest;
    }
    return undefined;
  }

  remove(id: RumourId): void {
    if (this.#hot.delete(id)) this.#cooled(id);
  }

  addHolder(rumour: HotRumour, peer: ReplicaId): void {
    if (this.#config.rememberHolders === 0) return;
    rumour.holders ??= new Set();
    if (rumour.holders.size < this.#config.rememberHolders) rumour.holders.add(peer);
  }

  forgetPeer(peer: ReplicaId): void {
    for (const rumour of this.#hot.values()) rumour.holders?.delete(peer);
  }

  /** What to tell `peer` in `cycle`: nothing learnt in it, nothing the peer has, within the message bounds. */
  select(
    peer: ReplicaId,
    cycle: number,
    role: RumourRole,
    skip: ReadonlySet<RumourId> | null,
  ): Selection | null {
    let selection: Selection | null = null;
    let bytes = 0;
    let room = this.#config.maxMessageRumours;
    for (const rumour of this.#hot.values()) {
      if (rumour.learnt >= cycle || skip?.has(rumour.id)) continue;
      if (rumour.holders?.has(peer)) {
        if (role === 'push') rumour.wasSpared = true;
        continue;
      }
      const isCooling = rumour.count > 0 && this.#config.announceCooling;
      const isAnnounced = isCooling || rumour.sizeBytes > this.#config.announceAboveBytes;
      if (!isAnnounced) {
        if (bytes > 0 && bytes + rumour.sizeBytes > this.#config.maxMessageBytes) break;
        bytes += rumour.sizeBytes;
      }
      if (room-- === 0) break;
      selection ??= { carried: [], announced: [] };
      const mark = { id: rumour.id, sizeBytes: rumour.sizeBytes, count: rumour.count };
      if (isAnnounced) selection.announced.push(mark);
      else selection.carried.push(mark);
      if (role === 'push') rumour.pushed++;
      else rumour.given++;
      // Links deliver in order or break, and a broken one is told: the peer as good as has it.
      this.addHolder(rumour, peer);
    }
    return selection;
  }

  /** A refused conversation never happened. */
  undoPush(ids: readonly RumourId[], peer: ReplicaId): void {
    for (const id of ids) {
      const rumour = this.#hot.get(id);
      if (rumour === undefined) continue;
      rumour.pushed--;
      rumour.holders?.delete(peer);
    }
  }

  /** A partner told whether it had the rumour; `theirCount` is its own counter if it spreads the rumour too. */
  outcome(rumour: HotRumour, role: RumourRole, known: boolean, theirCount: number | null): void {
    if (this.#config.stopRule === 'blind') return;
    if (role === 'pull' && this.#config.countAtCycleEnd) {
      if (known) rumour.wasUseless = true;
      else rumour.wasUseful = true;
    } else if (!known) {
      if (this.#config.resetOnUseful) rumour.count = 0;
    } else if (theirCount === null || !this.#minimises || rumour.count <= theirCount) {
      this.#count(rumour);
    }
  }

  /** A caller pushed what is hot here too: the contact was of no use to this end either. */
  met(rumour: HotRumour, theirCount: number): void {
    if (this.#config.stopRule === 'blind') return;
    if (!this.#minimises) this.outcome(rumour, 'pull', true, null);
    else if (rumour.count <= theirCount) this.#count(rumour);
  }

  /**
   * Counts what is counted once a cycle. A rumour that was given to nobody because the partners found are all known
   * to have it counts as useless: else it would stay hot for ever among few partners.
   */
  endCycle(cycle: number): void {
    for (const rumour of this.#hot.values()) {
      if (rumour.learnt >= cycle) continue;
      this.#closeBooks(rumour);
      rumour.pushed = 0;
      rumour.given = 0;
      rumour.wasSpared = false;
      rumour.wasUseful = false;
      rumour.wasUseless = false;
    }
  }

  #closeBooks(rumour: HotRumour): void {
    const { stopRule, countAtCycleEnd, resetOnUseful } = this.#config;
    const { pushed, given, wasUseful, wasUseless, wasSpared } = rumour;
    if (stopRule === 'blind' && pushed + given > 0) {
      const counted = pushed + (countAtCycleEnd ? Math.min(1, given) : given);
      for (let i = 0; i < counted && this.#hot.has(rumour.id); i++) this.#count(rumour);
    } else if (wasUseful) {
      if (resetOnUseful) rumour.count = 0;
    } else if (wasUseless || (wasSpared && pushed + given === 0)) {
      this.#count(rumour);
    }
  }

  get #minimises(): boolean {
    return this.#config.minimisation && this.#config.direction === 'push-pull';
  }

  #count(rumour: HotRumour): void {
    rumour.count = countContact(rumour.count, this.#config, this.#random);
    if (rumour.count === Number.POSITIVE_INFINITY) this.remove(rumour.id);
  }
}
