import type { ReplicaId } from '@hearsay/core';
import { type CloseCode, closeCodes, isDeliberate } from '../wire/close-codes.ts';
import { isRepairRequest, type RepairMessage } from './anti-entropy/messages.ts';
import { ClusterShape } from './cluster-shape.ts';
import type { EngineEffect, EngineEvent, EngineMessage } from './events.ts';
import { isForGuests, withoutCluster } from './guest-link.ts';
import type { Machine } from './machine.ts';
import { isLive } from './membership/member.ts';
import { Metrics } from './metrics.ts';
import { createParts, type EngineDeps, type Parts } from './parts.ts';
import { RoundTrips } from './round-trips.ts';
import { routeAnswer, routeTimer } from './routing.ts';
import { type EngineStatus, type EngineSummary, engineStatus, engineSummary } from './status.ts';
import { KnownTopology, type Linked } from './topology.ts';
import { type WiredParts, wireParts } from './wired-parts.ts';
import type { InnerEffect } from './wiring.ts';

/** The whole of gossip as one machine: it decides everything and does nothing. */
export interface Engine extends Machine<EngineEvent, EngineEffect> {
  /** The highest incarnation of a replica that proved itself here. */
  knownIncarnation(peer: ReplicaId): number | undefined;
  /** Peers that have synced the own change of this outbox sequence to disk. */
  durableOn(sequence: number): readonly ReplicaId[];
  /** Peers that have synced everything to disk that was committed here up to this outbox sequence. */
  holdersOfAll(sequence: number): readonly ReplicaId[];
  status(): EngineStatus;
  /** Of {@link status} what costs nothing. */
  summary(): EngineSummary;
}

export function createEngine(deps: EngineDeps): Engine {
  return new ComposedEngine(deps);
}

/** Brings events to the parts they concern, and effects of one part to another or out. */
class ComposedEngine implements Engine {
  readonly #topology = new KnownTopology();
  readonly #linked = new Map<ReplicaId, Linked>();
  readonly #roundTrips = new RoundTrips();
  readonly #metrics = new Metrics();
  readonly #parts: Parts;
  readonly #to: WiredParts;
  readonly #isGuestLink: boolean;
  readonly #shape: ClusterShape;
  #now = 0;
  /** The incarnation of a later start of this store that the cluster knows. */
  #outrankedBy: number | null = null;
  #effects: EngineEffect[] = [];

  constructor(deps: EngineDeps) {
    this.#parts = createParts(deps, this.#topology, (peer) => this.#linked.get(peer)?.since);
    this.#isGuestLink = deps.config.among === 'guest';
    const to = wireParts(this.#parts, (effect) => this.#take(effect));
    this.#to = this.#isGuestLink ? withoutCluster(to) : to;
    this.#shape = new ClusterShape({
      maxPeers: deps.config.mail.maxPeers,
      parts: this.#parts,
      to: this.#to,
      linked: this.#linked,
      emit: (effect) => this.#effects.push(effect),
    });
  }

  knownIncarnation(peer: ReplicaId): number | undefined {
    return this.#parts.peers.knownIncarnation(peer);
  }

  durableOn(sequence: number): readonly ReplicaId[] {
    return this.#parts.outgoingMail.durableOn(sequence);
  }

  holdersOfAll(sequence: number): readonly ReplicaId[] {
    return this.#parts.outgoingMail.holdersOfAll(sequence);
  }

  status(): EngineStatus {
    return engineStatus(this.#parts, this.#linked, this.#roundTrips, this.#metrics.counters);
  }

  summary(): EngineSummary {
    return engineSummary(this.#parts, this.#metrics.counters);
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
        to.membership({ type: 'start', remembered: event.members }, now);
        to.repair(event, now);
        to.contents({ type: 'started' }, now);
        if (!this.#isGuestLink) {
          // Itself is among them.
          const others = event.members.filter(isLive).length - 1;
          this.#shape.start(Math.max(0, others), now);
        }
        break;
      case 'linkUp':
        this.#onLinkUp(event, now);
        break;
      case 'linkDown':
        this.#onLinkDown(event, now);
        break;
      case 'dialEnded':
        to.peers(event, now);
        this.#shape.dialEnded(event.address, event.peer, now);
        break;
      case 'message':
        if (!this.#linked.has(event.from)) break;
        to.membership({ type: 'heard', peer: event.from }, now);
        if (!this.#isGuestLink || isForGuests(event.message)) this.#onMessage(event.from, event.message, now);
        else this.#close(event.from, closeCodes.invalidMessage, 'not for a link to a guest');
        break;
      case 'timer':
        if (event.timer.part === 'members') this.#shape.saveMembers(now);
        else routeTimer(to, event.timer, now);
        break;
      case 'answered':
        routeAnswer(to, event, now);
        break;
      case 'committed': {
        to.outgoingMail(event, now);
        // Changes of peers that concern others too have been told to `spreading` when they were found.
        const own = event.entries.filter((entry) => entry.from === null).map((entry) => entry.change);
        if (!this.#shape.isFullMesh && own.length > 0)
          to.spreading({ type: 'news', changes: own, from: null }, now);
        break;
      }
      case 'presence':
        to.presence({ type: 'changed', states: event.states }, now);
        break;
      case 'congested':
      case 'drained':
        to.outgoingMail(event, now);
        to.exchange(event, now);
        break;
      case 'heard':
        to.membership({ type: 'heard', peer: event.peer }, now);
        if (!event.isBulk) break;
        to.exchange({ type: 'heard', peer: event.peer }, now);
        to.repair({ type: 'heard', peer: event.peer }, now);
        break;
      case 'repairNow':
        to.repair(event, now);
        break;
      case 'lag':
        to.membership(event, now);
        break;
      case 'stopping':
        to.outgoingMail({ type: 'stopping' }, now);
        if (!event.leave) break;
        if (this.#shape.hasViews) to.views({ type: 'leave' }, now);
        to.membership({ type: 'leave' }, now);
        break;
    }
  }

  /** What this store says of others, and what it is taken to know, is out of date in ways that nobody can tell. */
  #refuseSelf(peer: ReplicaId, known: number): void {
    this.#close(peer, closeCodes.restoredBackup, `the cluster knows incarnation ${known} of this store`);
  }

  #close(peer: ReplicaId, code: CloseCode, reason: string): void {
    this.#effects.push({ type: 'close', peer, code, reason });
  }

  #onLinkUp(event: Extract<EngineEvent, { type: 'linkUp' }>, now: number): void {
    const { replicaId: peer, region, addresses } = event.peer;
    const up = { type: 'linkUp', peer } as const;
    const to = this.#to;
    if (this.#outrankedBy !== null) this.#refuseSelf(peer, this.#outrankedBy);
    this.#topology.linkUp(peer);
    this.#linked.set(peer, { peer: event.peer, since: now });
    this.#parts.partners.put({ replicaId: peer, region, roundTripMs: null });
    to.peers(event, now);
    to.membership(up, now);
    if (this.#shape.hasViews) to.views({ type: 'linkUp', peer: { replicaId: peer, addresses } }, now);
    to.outgoingMail(up, now);
    to.incomingMail(up, now);
    to.documentServer(up, now);
    to.presence(up, now);
    // One of the two begins, or both would; in modes that go one way both do.
    to.repair({ ...up, initiates: event.direction === 'dialled' }, now);
  }

  #onLinkDown(event: Extract<EngineEvent, { type: 'linkDown' }>, now: number): void {
    const { peer, code } = event;
    if (!this.#linked.delete(peer)) return;
    const down = { type: 'linkDown', peer } as const;
    const to = this.#to;
    this.#topology.linkDown(peer);
    this.#parts.partners.delete(peer);
    this.#roundTrips.forget(peer);
    to.peers(event, now);
    to.membership({ ...down, isDeliberate: isDeliberate(code) }, now);
    if (this.#shape.hasViews) to.views(down, now);
    to.outgoingMail(down, now);
    to.incomingMail(down, now);
    to.spreading(down, now);
    to.documentServer(down, now);
    to.responder(down, now);
    // Its session first, so that the documents given up do not count as its failures.
    to.repair(down, now);
    to.exchange(down, now);
    to.presence(down, now);
    to.contents(down, now);
  }

  #onMessage(from: ReplicaId, { channel, message }: EngineMessage, now: number): void {
    const to = this.#to;
    switch (channel) {
      case 'peers':
        this.#topology.heard(from, message.linked);
        to.outgoingMail({ type: 'neighboursHeard', peer: from }, now);
        to.presence({ type: 'neighboursChanged' }, now);
        break;
      case 'membership':
        if (message.type === 'ack') this.#measure(from, message.sequence, now);
        to.membership({ type: 'message', from, message }, now);
        break;
      case 'views':
        this.#shape.startViews(now);
        to.views({ type: 'message', from, message }, now);
        break;
      case 'mail':
        if (message.type === 'delivery') to.incomingMail({ type: 'message', from, message }, now);
        else to.outgoingMail({ type: 'message', from, message }, now);
        break;
      case 'rumour':
        to.spreading({ type: 'message', from, message }, now);
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
      case 'contents':
        to.contents({ type: 'message', from, message }, now);
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

  #measure(peer: ReplicaId, sequence: number, now: number): void {
    const roundTripMs = this.#roundTrips.acknowledged(peer, sequence, now);
    const region = this.#linked.get(peer)?.peer.region ?? '';
    if (roundTripMs !== null) this.#parts.partners.put({ replicaId: peer, region, roundTripMs });
  }

  #take(effect: EngineEffect | InnerEffect): void {
    const now = this.#now;
    switch (effect.type) {
      case 'exchange':
        this.#to.exchange(effect, now);
        break;
      case 'settled':
        if (effect.result !== 'failed') {
          this.#to.incomingMail({ type: 'mended', peer: effect.peer, key: effect.key }, now);
        }
        this.#to.repair(effect, now);
        break;
      case 'synced':
        this.#parts.partners.synced(effect.peer, now);
        if (effect.provenHead !== null) {
          this.#to.outgoingMail({ type: 'proven', peer: effect.peer, head: effect.provenHead }, now);
        }
        break;
      case 'found':
        // In a full mesh the outbox tells it to those who do not hear of it where it was found.
        if (!this.#shape.isFullMesh) this.#to.spreading({ ...effect, type: 'news' }, now);
        break;
      case 'wish':
        this.#to.peers(effect, now);
        break;
      case 'member':
        this.#shape.memberChanged(effect.member, now);
        break;
      case 'connect':
        this.#shape.connect(effect.peer, now);
        break;
      case 'release':
        this.#shape.release(effect.peer);
        break;
      case 'neighbour':
        break;
      default:
        this.#pass(effect);
        break;
    }
  }

  #pass(effect: EngineEffect): void {
    this.#effects.push(effect);
    if (effect.type === 'notice' && effect.notice.type === 'provenEqual')
      this.#to.repair(effect.notice, this.#now);
    if (effect.type === 'notice' && effect.notice.type === 'incarnationWentBack') {
      this.#outrankedBy = effect.notice.known;
      for (const peer of this.#linked.keys()) this.#refuseSelf(peer, effect.notice.known);
    }
    if (effect.type === 'send' && effect.message.channel === 'membership') {
      const { message } = effect.message;
      if (message.type === 'ping') this.#roundTrips.pinged(effect.to, message.sequence, this.#now);
    }
  }
}
