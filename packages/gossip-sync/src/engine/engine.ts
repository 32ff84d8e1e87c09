import type { ReplicaId } from '@hearsay/core';
import { isRepairRequest, type RepairMessage } from './anti-entropy/messages.ts';
import type { EngineEffect, EngineEvent, EngineMessage, EngineTimer } from './events.ts';
import type { Machine } from './machine.ts';
import { Metrics } from './metrics.ts';
import { createParts, type EngineDeps, type Parts } from './parts.ts';
import type { LinkedPeer } from './peers/events.ts';
import { type EngineStatus, engineStatus } from './status.ts';
import { KnownTopology } from './topology.ts';
import { type WiredParts, wireParts } from './wired-parts.ts';
import type { InnerEffect } from './wiring.ts';

/** The whole of gossip as one machine: it decides everything and does nothing. */
export interface Engine extends Machine<EngineEvent, EngineEffect> {
  /** The highest incarnation of a replica that proved itself here. */
  knownIncarnation(peer: ReplicaId): number | undefined;
  /** Peers that have synced the own change of this outbox sequence to disk. */
  durableOn(sequence: number): readonly ReplicaId[];
  status(): EngineStatus;
}

export function createEngine(deps: EngineDeps): Engine {
  return new ComposedEngine(deps);
}

/** A peer with a link, and since when. */
export interface Linked {
  readonly peer: LinkedPeer;
  readonly since: number;
}

/** Brings events to the parts they concern, and effects of one part to another or out. Decides nothing else. */
class ComposedEngine implements Engine {
  readonly #topology = new KnownTopology();
  readonly #linked = new Map<ReplicaId, Linked>();
  readonly #metrics = new Metrics();
  readonly #parts: Parts;
  readonly #to: WiredParts;
  #now = 0;
  #effects: EngineEffect[] = [];

  constructor(deps: EngineDeps) {
    this.#parts = createParts(deps, this.#topology, (peer) => this.#linked.get(peer)?.since);
    this.#to = wireParts(this.#parts, (effect) => this.#take(effect));
  }

  knownIncarnation(peer: ReplicaId): number | undefined {
    return this.#parts.peers.knownIncarnation(peer);
  }

  durableOn(sequence: number): readonly ReplicaId[] {
    return this.#parts.outgoingMail.durableOn(sequence);
  }

  status(): EngineStatus {
    return engineStatus(this.#parts, this.#linked, this.#metrics.counters);
  }

  handle(event: EngineEvent, now: number): readonly EngineEffect[] {
    this.#now = now;
    this.#effects = [];
    this.#metrics.event(event);
    this.#route(event, now);
    for (const effect of this.#effects) this.#metrics.effect(effect);
    return this.#effects;
  }

  #route(event: EngineEvent, now: number): void {
    const to = this.#to;
    switch (event.type) {
      case 'started':
        to.peers(event, now);
        to.outgoingMail(event, now);
        to.repair(event, now);
        break;
      case 'linkUp':
        this.#onLinkUp(event, now);
        break;
      case 'linkDown':
        this.#onLinkDown(event, now);
        break;
      case 'dialEnded':
        to.peers(event, now);
        break;
      case 'message':
        if (this.#linked.has(event.from)) this.#onMessage(event.from, event.message, now);
        break;
      case 'timer':
        this.#onTimer(event.timer, now);
        break;
      case 'answered':
        this.#onAnswered(event, now);
        break;
      case 'committed':
        to.outgoingMail(event, now);
        break;
      case 'presence':
        to.presence({ type: 'changed', states: event.states }, now);
        break;
      case 'congested':
      case 'drained':
        to.outgoingMail(event, now);
        to.exchange(event, now);
        break;
      case 'repairNow':
        to.repair(event, now);
        break;
      case 'stopping':
        to.outgoingMail({ type: 'stopping' }, now);
        break;
    }
  }

  #onLinkUp(event: Extract<EngineEvent, { type: 'linkUp' }>, now: number): void {
    const { replicaId: peer, region } = event.peer;
    const up = { type: 'linkUp', peer } as const;
    const to = this.#to;
    this.#topology.linkUp(peer);
    this.#linked.set(peer, { peer: event.peer, since: now });
    this.#parts.partners.put({ replicaId: peer, region, roundTripMs: null });
    to.peers(event, now);
    to.outgoingMail(up, now);
    to.incomingMail(up, now);
    to.documentServer(up, now);
    to.presence(up, now);
    // One of the two begins, or both would.
    to.repair({ ...up, initiates: event.direction === 'dialled' }, now);
  }

  #onLinkDown(event: Extract<EngineEvent, { type: 'linkDown' }>, now: number): void {
    const { peer } = event;
    if (!this.#linked.delete(peer)) return;
    const down = { type: 'linkDown', peer } as const;
    const to = this.#to;
    this.#topology.linkDown(peer);
    this.#parts.partners.delete(peer);
    to.peers(event, now);
    to.outgoingMail(down, now);
    to.incomingMail(down, now);
    to.documentServer(down, now);
    to.responder(down, now);
    // Its session first, so that the documents given up do not count as its failures.
    to.repair(down, now);
    to.exchange(down, now);
    to.presence(down, now);
  }

  #onMessage(from: ReplicaId, { channel, message }: EngineMessage, now: number): void {
    const to = this.#to;
    switch (channel) {
      case 'peers':
        if (message.type === 'contacts') {
          to.peers({ type: 'message', from, message }, now);
        } else {
          this.#topology.heard(from, message.linked);
          to.presence({ type: 'neighboursChanged' }, now);
        }
        break;
      case 'mail':
        if (message.type === 'delivery') to.incomingMail({ type: 'message', from, message }, now);
        else to.outgoingMail({ type: 'message', from, message }, now);
        break;
      case 'repair':
        this.#onRepairMessage(from, message, now);
        break;
      case 'documents':
        if (message.type === 'differences' || message.type === 'stored') {
          to.exchange({ type: 'message', from, message }, now);
        } else to.documentServer({ type: 'message', from, message }, now);
        break;
      case 'presence':
        to.presence({ type: 'message', from, message }, now);
        break;
    }
  }

  #onRepairMessage(from: ReplicaId, message: RepairMessage, now: number): void {
    if (!isRepairRequest(message)) {
      this.#to.repair({ type: 'message', from, message }, now);
      return;
    }
    const isBusy = message.type === 'compare' && this.#parts.repair.isBusyFor(from, now);
    if (message.type === 'compare' && !isBusy) this.#to.repair({ type: 'yield', peer: from }, now);
    this.#to.responder({ type: 'message', from, message, isBusy }, now);
  }

  #onTimer(event: EngineTimer, now: number): void {
    switch (event.part) {
      case 'peers':
        this.#to.peers({ type: 'timer', timer: event.timer }, now);
        break;
      case 'outgoingMail':
        this.#to.outgoingMail({ type: 'timer' }, now);
        break;
      case 'exchange':
        this.#to.exchange({ type: 'timer', batch: event.batch }, now);
        break;
      case 'repair':
        this.#to.repair({ type: 'timer', timer: event.timer }, now);
        break;
      case 'presence':
        this.#to.presence({ type: 'timer', timer: event.timer }, now);
        break;
    }
  }

  #onAnswered({ token, answer }: Extract<EngineEvent, { type: 'answered' }>, now: number): void {
    const to = this.#to;
    switch (token.part) {
      case 'peers':
        break;
      case 'outgoingMail':
        to.outgoingMail({ type: 'answered', token: token.token, answer }, now);
        break;
      case 'incomingMail':
        to.incomingMail({ type: 'answered', token: token.token, answer }, now);
        break;
      case 'exchange':
        to.exchange({ type: 'answered', token: token.token, answer }, now);
        break;
      case 'documentServer':
        to.documentServer({ type: 'answered', token: token.token, answer }, now);
        break;
      case 'repair':
        to.repair({ type: 'answered', token: token.token, answer }, now);
        break;
      case 'responder':
        to.responder({ type: 'answered', token: token.token, answer }, now);
        break;
    }
  }

  #take(effect: EngineEffect | InnerEffect): void {
    switch (effect.type) {
      case 'exchange':
        this.#to.exchange(effect, this.#now);
        break;
      case 'settled':
        if (effect.result !== 'failed') {
          this.#to.incomingMail({ type: 'mended', peer: effect.peer, key: effect.key }, this.#now);
        }
        this.#to.repair(effect, this.#now);
        break;
      case 'synced':
        this.#parts.partners.synced(effect.peer, this.#now);
        break;
      case 'found':
        break;
      case 'notice':
        this.#effects.push(effect);
        if (effect.notice.type === 'provenEqual') this.#to.repair(effect.notice, this.#now);
        break;
      default:
        this.#effects.push(effect);
        break;
    }
  }
}
