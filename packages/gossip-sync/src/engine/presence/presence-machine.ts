import type { ReplicaId } from '@hearsay/core';
import type { Machine, NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { Topology } from '../topology.ts';
import type { PresenceConfig } from './config.ts';
import type { PresenceState, StatesMessage } from './messages.ts';

export interface PresenceTimer {
  readonly type: 'tick' | 'expiry';
}

export type PresenceEvent =
  /** Of clients connected here. */
  | { readonly type: 'changed'; readonly states: readonly PresenceState[] }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: StatesMessage }
  | { readonly type: 'linkUp' | 'linkDown'; readonly peer: ReplicaId }
  /** A peer has told whom it is linked to. */
  | { readonly type: 'neighboursChanged' }
  /** Whether every node is linked to every other, so that one without any link is gone. */
  | { readonly type: 'fullMesh'; readonly isFullMesh: boolean }
  /** A node is known to be gone. */
  | { readonly type: 'ownerGone'; readonly owner: ReplicaId }
  | { readonly type: 'timer'; readonly timer: PresenceTimer };

export type PresenceNotice = {
  readonly type: 'presenceDropped';
  readonly owner: ReplicaId;
  readonly count: number;
};

export type PresenceEffect =
  | SendEffect<StatesMessage>
  | WakeEffect<PresenceTimer>
  /** Of clients connected elsewhere, for the clients here. */
  | { readonly type: 'present'; readonly owner: ReplicaId; readonly states: readonly PresenceState[] }
  | NoticeEffect<PresenceNotice>;

export interface PresenceDeps {
  readonly config: PresenceConfig;
  readonly self: ReplicaId;
  readonly topology: Topology;
}

interface Known {
  readonly value: PresenceState;
  readonly owner: ReplicaId;
  /** Who told it; this node for clients here. */
  readonly via: ReplicaId;
  readonly expiresAt: number;
}

/** States of clients, cluster-wide: never stored, gone with their connection, their node, or their time. */
export class PresenceMachine implements Machine<PresenceEvent, PresenceEffect> {
  readonly #deps: PresenceDeps;
  readonly #states = new Map<string, Known>();
  /** Names of states that peers have not been told yet. */
  readonly #fresh = new Map<string, Known>();
  /** Nodes whose link to this one was lost while their clients were known here. */
  readonly #orphans = new Set<ReplicaId>();
  #isFullMesh = true;
  #isTicking = false;
  #isExpiring = false;
  #effects: PresenceEffect[] = [];

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#states.size;
  }

  handle(event: PresenceEvent, now: number): readonly PresenceEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'changed':
        this.#learn(this.#deps.self, this.#deps.self, event.states, Number.POSITIVE_INFINITY);
        break;
      case 'message':
        this.#onMessage(event.from, event.message, now);
        break;
      case 'linkUp':
        this.#orphans.delete(event.peer);
        this.#tell(event.peer, [...this.#states.values()]);
        break;
      case 'linkDown':
        // Among partial views links come and go: who is gone is known to membership.
        if (!this.#isFullMesh) break;
        this.#orphans.add(event.peer);
        this.#dropOrphans();
        break;
      case 'fullMesh':
        this.#isFullMesh = event.isFullMesh;
        this.#orphans.clear();
        break;
      case 'neighboursChanged':
        this.#dropOrphans();
        break;
      case 'ownerGone':
        this.#drop(({ owner }) => owner === event.owner);
        break;
      case 'timer':
        this.#onTimer(event.timer, now);
        break;
    }
    this.#arm();
    return this.#effects;
  }

  #onMessage(from: ReplicaId, { owner, states }: StatesMessage, now: number): void {
    if (owner === this.#deps.self) return;
    const news = this.#learn(owner, from, states, now + this.#deps.config.ttlMs);
    if (news.length > 0) this.#effects.push({ type: 'present', owner, states: news });
  }

  /** Takes what is newer than known, and marks it to be passed on. */
  #learn(
    owner: ReplicaId,
    via: ReplicaId,
    states: readonly PresenceState[],
    expiresAt: number,
  ): PresenceState[] {
    const news: PresenceState[] = [];
    let dropped = 0;
    for (const value of states) {
      const name = nameOf(value);
      const known = this.#states.get(name);
      if (known !== undefined && !isNewer(value, known.value)) continue;
      if (known === undefined && value.state === null) continue;
      if (
        known === undefined &&
        owner !== this.#deps.self &&
        this.#states.size >= this.#deps.config.maxStates
      ) {
        dropped++;
        continue;
      }
      const entry = { value, owner, via, expiresAt };
      if (value.state === null) this.#states.delete(name);
      else this.#states.set(name, entry);
      this.#fresh.set(name, entry);
      news.push(value);
    }
    if (dropped > 0) {
      this.#effects.push({ type: 'notice', notice: { type: 'presenceDropped', owner, count: dropped } });
    }
    return news;
  }

  #onTimer({ type }: PresenceTimer, now: number): void {
    if (type === 'expiry') {
      this.#isExpiring = false;
      this.#drop(({ expiresAt }) => expiresAt <= now);
      return;
    }
    this.#isTicking = false;
    const fresh = [...this.#fresh.values()];
    this.#fresh.clear();
    const { topology } = this.#deps;
    for (const peer of topology.linked) {
      // As with mail: not to whoever told it, nor to whom it has told it too.
      this.#tell(
        peer,
        fresh.filter(({ via }) => via !== peer && !topology.isLinked(peer, via)),
      );
    }
  }

  #tell(to: ReplicaId, entries: readonly Known[]): void {
    const byOwner = new Map<ReplicaId, PresenceState[]>();
    for (const { owner, value } of entries) {
      if (owner === to) continue;
      const states = byOwner.get(owner);
      if (states === undefined) byOwner.set(owner, [value]);
      else states.push(value);
    }
    const { maxMessageStates } = this.#deps.config;
    for (const [owner, states] of byOwner) {
      for (let start = 0; start < states.length; start += maxMessageStates) {
        const part = states.slice(start, start + maxMessageStates);
        this.#effects.push({ type: 'send', to, message: { type: 'states', owner, states: part } });
      }
    }
  }

  /** A node that was linked and is linked to no peer either is taken for gone; otherwise the way to it is longer now. */
  #dropOrphans(): void {
    const { topology } = this.#deps;
    for (const orphan of this.#orphans) {
      if ([...topology.linked].some((peer) => topology.isLinked(peer, orphan))) continue;
      this.#orphans.delete(orphan);
      this.#drop(({ owner }) => owner === orphan);
    }
  }

  /** Tells the clients here that states are gone. Peers find out for themselves. */
  #drop(isGone: (known: Known) => boolean): void {
    const gone = new Map<ReplicaId, PresenceState[]>();
    for (const [name, known] of this.#states) {
      if (known.owner === this.#deps.self || !isGone(known)) continue;
      this.#states.delete(name);
      this.#fresh.delete(name);
      const states = gone.get(known.owner) ?? [];
      states.push({ ...known.value, state: null });
      gone.set(known.owner, states);
    }
    for (const [owner, states] of gone) this.#effects.push({ type: 'present', owner, states });
  }

  #arm(): void {
    const { tickMs, ttlMs } = this.#deps.config;
    if (!this.#isTicking && this.#fresh.size > 0) {
      this.#isTicking = true;
      this.#effects.push({ type: 'wake', afterMs: tickMs, timer: { type: 'tick' } });
    }
    if (!this.#isExpiring && this.#states.size > 0) {
      this.#isExpiring = true;
      this.#effects.push({ type: 'wake', afterMs: ttlMs / 6, timer: { type: 'expiry' } });
    }
  }
}

function nameOf({ id, client }: PresenceState): string {
  return `${id.collection.length}/${id.collection}/${id.name}/${client}`;
}

/** As in the awareness protocol: the higher clock; with equal ones, gone beats present. */
function isNewer(value: PresenceState, known: PresenceState): boolean {
  if (value.clock !== known.clock) return value.clock > known.clock;
  return value.state === null && known.state !== null;
}
