import type { Random, ReplicaId } from '@hearsay/core';
import type { Machine } from '../machine.ts';
import { BroadcastQueue } from './broadcast-queue.ts';
import { Claims, fromGossip } from './claims.ts';
import type { MembershipConfig } from './config.ts';
import {
  changeHealth,
  clusterSize,
  type MembershipContext,
  type Self,
  selfClaim,
  someLinks,
  takeNews,
} from './context.ts';
import type { MembershipEffect, MembershipEvent, MembershipTimer } from './events.ts';
import { Joining } from './joining.ts';
import { exchangeStretch, ListExchange } from './list-exchange.ts';
import { LocalHealth, lagPoints } from './local-health.ts';
import { isDialOnly, type Member } from './member.ts';
import { MemberList } from './member-list.ts';
import type { MemberClaim, MemberDescription, MembershipMessage } from './messages.ts';
import { ProbeOrder } from './probe-order.ts';
import { Prober } from './prober.ts';
import { Slowness } from './slowness.ts';

export interface MembershipMachine extends Machine<MembershipEvent, MembershipEffect> {
  /** The others, the remembered dead included. */
  members(): readonly Member[];
  member(replicaId: ReplicaId): Member | undefined;
  /** Members alive or suspect, this node included. */
  readonly size: number;
  readonly healthScore: number;
  /** The whole list, for disk: give it back at the next start. */
  claims(): readonly MemberClaim[];
}

export interface MembershipDeps {
  readonly config: MembershipConfig;
  readonly random: Random;
  readonly replicaId: ReplicaId;
  /** As raised on disk for this start. */
  readonly incarnation: number;
  /** Drawn anew at every start, 32 random bits: two processes with one identity are told apart by it. */
  readonly session: number;
  readonly description: MemberDescription;
  /** Addresses to join the cluster by; this node's own among them does no harm. */
  readonly seeds: readonly string[];
}

/** SWIM with Lifeguard over links that others open: who is in the cluster, and who is not any more. */
export function createMembershipMachine(deps: MembershipDeps): MembershipMachine {
  return new Membership(deps);
}

const nothing: readonly MembershipEffect[] = [];
/** Gossip intervals for a leave to leave this node. */
const leaveIntervals = 2;

class Membership implements MembershipMachine {
  readonly #context: MembershipContext;
  readonly #claims: Claims;
  readonly #prober: Prober;
  readonly #lists: ListExchange;
  readonly #joining: Joining;
  readonly #slowness: Slowness;
  #effects: MembershipEffect[] | null = null;
  #isGossipArmed = false;

  constructor({ config, random, seeds, ...identity }: MembershipDeps) {
    const self: Self = { ...identity, revision: 0, isLeaving: false };
    this.#context = {
      config,
      random,
      self,
      members: new MemberList(),
      links: new Set(),
      heardAt: new Map(),
      news: new BroadcastQueue(),
      health: new LocalHealth(config.maxHealthScore),
      emit: (effect) => {
        this.#effects ??= [];
        this.#effects.push(effect);
      },
    };
    const order = new ProbeOrder(random.fork('probe order'));
    this.#claims = new Claims(this.#context, order);
    this.#prober = new Prober(this.#context, order, this.#claims);
    this.#lists = new ListExchange(this.#context, this.#claims);
    this.#joining = new Joining(this.#context, seeds);
    this.#slowness = new Slowness(this.#context);
  }

  get size(): number {
    return clusterSize(this.#context);
  }

  get healthScore(): number {
    return this.#context.health.score;
  }

  members(): readonly Member[] {
    return [...this.#context.members.values()];
  }

  member(replicaId: ReplicaId): Member | undefined {
    return this.#context.members.get(replicaId);
  }

  claims(): readonly MemberClaim[] {
    return [selfClaim(this.#context), ...this.#context.members.claims()];
  }

  handle(event: MembershipEvent, now: number): readonly MembershipEffect[] {
    this.#on(event, now);
    this.#armGossip();
    const effects = this.#effects;
    if (effects === null) return nothing;
    this.#effects = null;
    return effects;
  }

  #on(event: MembershipEvent, now: number): void {
    const { config, heardAt, links, self, news } = this.#context;
    switch (event.type) {
      case 'start':
        news.add(selfClaim(this.#context));
        this.#prober.start(now);
        this.#wakeExchange();
        this.#wake(config.reconnectIntervalMs, { type: 'reconnect' });
        this.#joining.start(event.remembered);
        break;
      case 'timer':
        this.#onTimer(event.timer, now);
        break;
      case 'message':
        this.#onMessage(event.from, event.message, now);
        break;
      case 'linkUp':
        links.add(event.peer);
        this.#prober.onLinkUp(event.peer);
        this.#lists.onLinkUp(event.peer, now);
        break;
      case 'linkDown':
        links.delete(event.peer);
        heardAt.delete(event.peer);
        if (!event.isDeliberate) this.#prober.onLinkLost(event.peer);
        this.#joining.attempt();
        break;
      case 'heard':
        if (links.has(event.peer)) heardAt.set(event.peer, now);
        break;
      case 'lag':
        if (config.lagToleranceMs !== null) {
          changeHealth(this.#context, lagPoints(event.lagMs, config.lagToleranceMs));
        }
        this.#slowness.onLag(event.lagMs, now);
        break;
      case 'describe':
        self.description = event.description;
        self.revision++;
        news.add(selfClaim(this.#context));
        break;
      case 'leave':
        this.#leave();
        break;
    }
  }

  #onTimer(timer: MembershipTimer, now: number): void {
    const { config, members } = this.#context;
    switch (timer.type) {
      case 'probeTimeout':
      case 'probePeriod':
        this.#prober.onTimer(timer, now);
        break;
      case 'relay':
        this.#prober.onRelayTimer(timer.sequence);
        break;
      case 'suspicion':
        this.#claims.onSuspicionTimer(timer, now);
        break;
      case 'gossip':
        this.#gossip();
        break;
      case 'exchange':
        members.forget(now - config.deadMemoryMs);
        this.#slowness.review(now);
        this.#lists.compareWithSomebody(now);
        this.#wakeExchange();
        break;
      case 'reconnect':
        this.#reconnect();
        this.#wake(config.reconnectIntervalMs, { type: 'reconnect' });
        break;
      case 'join':
        this.#joining.onTimer();
        break;
      case 'left':
        this.#context.emit({ type: 'left' });
        break;
    }
  }

  #onMessage(from: ReplicaId, message: MembershipMessage, now: number): void {
    switch (message.type) {
      case 'ping':
        this.#hear(message.claims, now);
        this.#prober.onPing(from, message.sequence);
        break;
      case 'ack':
        this.#hear(message.claims, now);
        this.#prober.onAck(message.sequence);
        break;
      case 'pingRequest':
        this.#hear(message.claims, now);
        this.#prober.onPingRequest(from, message);
        break;
      case 'nack':
        this.#prober.onNack(from, message.sequence);
        break;
      case 'gossip':
        this.#hear(message.claims, now);
        break;
      case 'compare':
        this.#lists.onCompare(from, message.digest);
        break;
      case 'compareParts':
        this.#lists.onCompareParts(from, message.digests);
        break;
      case 'exchange':
        this.#lists.onExchange(from, message, now);
        break;
    }
  }

  #hear(claims: readonly MemberClaim[], now: number): void {
    for (const claim of claims) this.#claims.apply(claim, fromGossip, now);
  }

  #gossip(): void {
    this.#isGossipArmed = false;
    for (const peer of someLinks(this.#context, this.#context.config.gossipFanOut, null)) {
      const claims = takeNews(this.#context);
      if (claims.length === 0) return;
      this.#context.emit({ type: 'send', to: peer, message: { type: 'gossip', claims } });
    }
  }

  /** While there is news and somebody to tell; otherwise no timer runs for it. */
  #armGossip(): void {
    const { news, links, config } = this.#context;
    if (this.#isGossipArmed || news.size === 0 || links.size === 0) return;
    this.#isGossipArmed = true;
    this.#wake(config.gossipIntervalMs, { type: 'gossip' });
  }

  /** The dead are not left alone at once: both sides of a healed partition think so of each other. */
  #reconnect(): void {
    const { members, random, links, self, emit } = this.#context;
    if (self.isLeaving) return;
    const dead = [...members.values()].filter(
      (member) => member.status === 'dead' && !isDialOnly(member) && !links.has(member.replicaId),
    );
    const member = random.pick(dead);
    if (member === undefined) return;
    const { replicaId, description } = member;
    emit({ type: 'dial', peer: replicaId, addresses: description.addresses, reason: 'reconnect' });
  }

  #leave(): void {
    const { self, links, emit, config } = this.#context;
    self.isLeaving = true;
    const claims = [selfClaim(this.#context)];
    for (const peer of links) emit({ type: 'send', to: peer, message: { type: 'gossip', claims } });
    this.#wake(config.gossipIntervalMs * leaveIntervals, { type: 'left' });
  }

  #wakeExchange(): void {
    const { config, random } = this.#context;
    const interval = config.exchangeIntervalMs * exchangeStretch(this.size);
    this.#wake(interval * (0.75 + random.next() / 2), { type: 'exchange' });
  }

  #wake(afterMs: number, timer: MembershipTimer): void {
    this.#context.emit({ type: 'wake', afterMs, timer });
  }
}
