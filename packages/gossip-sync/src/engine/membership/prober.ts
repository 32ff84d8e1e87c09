import type { ReplicaId } from '@hearsay/core';
import type { Claims } from './claims.ts';
import { changeHealth, isLate, type MembershipContext, maxPutOffs, someLinks, takeNews } from './context.ts';
import type { MembershipTimer } from './events.ts';
import { isDialOnly, memberToClaim } from './member.ts';
import type { MemberClaim, PingRequestMessage } from './messages.ts';
import type { ProbeOrder } from './probe-order.ts';

/** The probe of this period. */
interface Probe {
  readonly target: ReplicaId;
  readonly sequence: number;
  readonly sentAt: number;
  readonly wasLinked: boolean;
  /** Those asked to probe it, and those of them that have said nothing yet. */
  relaysAsked: number;
  readonly silentRelays: Set<ReplicaId>;
  isAnswered: boolean;
  putOffs: number;
}

/** A probe made for another member. */
interface Relayed {
  readonly origin: ReplicaId;
  readonly sequence: number;
}

type ProbeTimer = Extract<MembershipTimer, { readonly type: 'probeTimeout' | 'probePeriod' }>;

const maxRelayed = 256;
/** Of the probe timeout: a relay's nack arrives before its asker's period ends (memberlist). */
const nackShare = 0.8;
const maxUnlinkedBackOff = 64;

/** Asks one member each period whether it is there, then others to ask it (SWIM), and doubts itself first (Lifeguard). */
export class Prober {
  readonly #context: MembershipContext;
  readonly #order: ProbeOrder;
  readonly #claims: Claims;
  readonly #relayed = new Map<number, Relayed>();
  /** Members that could not be reached without a link though they live: how often, and when to try again. */
  readonly #unreachable = new Map<ReplicaId, { failures: number; notBefore: number }>();
  /** One numbering for all pings sent from here; `#period` is the number of this period's own. */
  #lastSequence = 0;
  #period = 0;
  #probe: Probe | null = null;
  #nextUnlinkedAt = 0;

  constructor(context: MembershipContext, order: ProbeOrder, claims: Claims) {
    this.#context = context;
    this.#order = order;
    this.#claims = claims;
  }

  /** Begins probing, at a random moment of the first period, so that nodes started together do not march in step. */
  start(now: number): void {
    const { config, random } = this.#context;
    this.#period = ++this.#lastSequence;
    this.#wake('probePeriod', this.#period, config.probeIntervalMs * random.next(), now);
    this.#nextUnlinkedAt = now + config.unlinkedProbeIntervalMs;
  }

  onTimer(timer: ProbeTimer, now: number): void {
    const probe = this.#probe;
    const isAwaited = probe !== null && !this.#isAnswered(probe);
    if (timer.sequence !== this.#period || (timer.type === 'probeTimeout' && !isAwaited)) return;
    if (isAwaited && probe.putOffs < maxPutOffs && isLate(this.#context, timer.dueAt, now)) {
      probe.putOffs++;
      this.#wake(timer.type, timer.sequence, this.#context.config.probeTimeoutMs, now);
    } else if (timer.type === 'probePeriod') {
      if (probe !== null) this.#conclude(probe, now);
      this.#begin(now);
    } else if (isAwaited) {
      this.#probeThroughOthers(probe);
    }
  }

  onAck(sequence: number): void {
    if (this.#probe?.sequence === sequence) {
      this.#probe.isAnswered = true;
      return;
    }
    const relayed = this.#relayed.get(sequence);
    if (relayed === undefined) return;
    this.#relayed.delete(sequence);
    const claims = takeNews(this.#context);
    this.#context.emit({
      type: 'send',
      to: relayed.origin,
      message: { type: 'ack', sequence: relayed.sequence, claims },
    });
  }

  onPing(from: ReplicaId, sequence: number): void {
    this.#context.emit({
      type: 'send',
      to: from,
      message: { type: 'ack', sequence, claims: takeNews(this.#context) },
    });
  }

  onPingRequest(from: ReplicaId, { sequence, target }: PingRequestMessage): void {
    const { config, emit, links, self } = this.#context;
    if (target === self.replicaId) {
      this.onPing(from, sequence);
    } else if (!links.has(target)) {
      if (config.nacks) emit({ type: 'send', to: from, message: { type: 'nack', sequence } });
    } else {
      const own = ++this.#lastSequence;
      this.#relayed.set(own, { origin: from, sequence });
      if (this.#relayed.size > maxRelayed) this.#forgetOldestRelayed();
      this.#ping(target, own);
      if (!config.nacks) return;
      const afterMs = config.probeTimeoutMs * nackShare;
      emit({ type: 'wake', afterMs, timer: { type: 'relay', sequence: own } });
    }
  }

  /** The target of a relayed probe has not answered so far; a late answer is still passed on. */
  onRelayTimer(sequence: number): void {
    const relayed = this.#relayed.get(sequence);
    if (relayed === undefined) return;
    this.#context.emit({
      type: 'send',
      to: relayed.origin,
      message: { type: 'nack', sequence: relayed.sequence },
    });
  }

  onNack(from: ReplicaId, sequence: number): void {
    if (this.#probe?.sequence === sequence) this.#probe.silentRelays.delete(from);
  }

  /** A link broke that nobody meant to close: its peer is asked after first. */
  onLinkLost(peer: ReplicaId): void {
    if (this.#context.members.isLive(peer)) this.#order.hurry(peer);
  }

  onLinkUp(peer: ReplicaId): void {
    this.#unreachable.delete(peer);
  }

  #begin(now: number): void {
    const { config, health, links, members, self } = this.#context;
    const sequence = ++this.#lastSequence;
    this.#period = sequence;
    this.#probe = null;
    this.#wake('probePeriod', sequence, health.stretch(config.probeIntervalMs), now);
    // Without a single link this node is the likeliest to be at fault.
    if (links.size === 0 || self.isLeaving) return;
    const target = this.#order.next(
      () => members.live().map(({ replicaId }) => replicaId),
      (replicaId, isUrgent) => this.#isWanted(replicaId, isUrgent, now),
    );
    if (target === undefined) return;
    const wasLinked = links.has(target);
    const probe = {
      target,
      sequence,
      sentAt: now,
      wasLinked,
      relaysAsked: 0,
      silentRelays: new Set<ReplicaId>(),
      isAnswered: false,
      putOffs: 0,
    };
    this.#probe = probe;
    if (wasLinked) {
      this.#ping(target, sequence);
      this.#wake('probeTimeout', sequence, health.stretch(config.probeTimeoutMs), now);
      return;
    }
    this.#nextUnlinkedAt = now + config.unlinkedProbeIntervalMs;
    this.#dial(target);
    this.#probeThroughOthers(probe);
  }

  #isWanted(replicaId: ReplicaId, isUrgent: boolean, now: number): boolean {
    const { links, members } = this.#context;
    if (!members.isLive(replicaId)) {
      this.#unreachable.delete(replicaId);
      return false;
    }
    if (links.has(replicaId) || isUrgent) return true;
    return now >= this.#nextUnlinkedAt && now >= (this.#unreachable.get(replicaId)?.notBefore ?? 0);
  }

  /** Whatever is heard of it says as much as an answer, which may be behind much else on a thin line. */
  #isAnswered({ isAnswered, sentAt, wasLinked, target }: Probe): boolean {
    const { heardAt, links } = this.#context;
    return isAnswered || (!wasLinked && links.has(target)) || (heardAt.get(target) ?? 0) > sentAt;
  }

  #conclude(probe: Probe, now: number): void {
    const { config } = this.#context;
    if (this.#isAnswered(probe)) {
      changeHealth(this.#context, -1);
      return;
    }
    // Relays are taken to be well: those that do not even say nack point at this node's own links.
    changeHealth(this.#context, config.nacks && probe.relaysAsked > 0 ? probe.silentRelays.size : 1);
    if (!probe.wasLinked) this.#backOff(probe.target, now);
    this.#claims.accuse(probe.target, now);
  }

  /** A member beyond reach that turns out to live is tried ever more seldom: the network is partial, not it dead. */
  #backOff(target: ReplicaId, now: number): void {
    const failures = (this.#unreachable.get(target)?.failures ?? 0) + 1;
    const pause = this.#context.config.unlinkedProbeIntervalMs * Math.min(maxUnlinkedBackOff, 2 ** failures);
    this.#unreachable.set(target, { failures, notBefore: now + pause });
  }

  #probeThroughOthers(probe: Probe): void {
    const { config, emit } = this.#context;
    const { target, sequence } = probe;
    for (const relay of someLinks(this.#context, config.indirectProbes, target)) {
      probe.relaysAsked++;
      probe.silentRelays.add(relay);
      const claims = takeNews(this.#context);
      emit({ type: 'send', to: relay, message: { type: 'pingRequest', sequence, target, claims } });
    }
  }

  #dial(target: ReplicaId): void {
    const { members, emit } = this.#context;
    const member = members.get(target);
    if (member === undefined || isDialOnly(member)) return;
    emit({ type: 'dial', peer: target, addresses: member.description.addresses, reason: 'probe' });
  }

  /** A suspect hears of the suspicion with every probe, before all other news. */
  #ping(target: ReplicaId, sequence: number): void {
    const { config, emit, members } = this.#context;
    const news = takeNews(this.#context);
    const member = members.get(target);
    const isTold = news.some(({ replicaId }) => replicaId === target);
    const tells = config.buddy && member?.status === 'suspect' && !isTold;
    const claims: readonly MemberClaim[] = tells ? [memberToClaim(member, false), ...news] : news;
    emit({ type: 'send', to: target, message: { type: 'ping', sequence, claims } });
  }

  #forgetOldestRelayed(): void {
    for (const oldest of this.#relayed.keys()) {
      this.#relayed.delete(oldest);
      return;
    }
  }

  #wake(type: ProbeTimer['type'], sequence: number, afterMs: number, now: number): void {
    this.#context.emit({ type: 'wake', afterMs, timer: { type, sequence, dueAt: now + afterMs } });
  }
}
