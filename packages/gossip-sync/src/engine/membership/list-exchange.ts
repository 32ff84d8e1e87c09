import type { ReplicaId } from '@hearsay/core';
import { type Claims, fromGossip } from './claims.ts';
import { clusterSize, type MembershipContext, selfClaim, someLinks } from './context.ts';
import { isLive } from './member.ts';
import type { ExchangeMessage } from './messages.ts';

/** Above this many members lists are compared less often, so that the cost per node grows with log n only. */
const scaleFrom = 32;

/** The factor on the interval between exchanges of lists in a cluster of so many (memberlist). */
export function exchangeStretch(members: number): number {
  return members <= scaleFrom ? 1 : Math.ceil(Math.log2(members) - Math.log2(scaleFrom)) + 1;
}

/** Milliseconds in which a joiner waits for the first list before it asks the next peer: a round trip. */
const answerMs = 250;

/** So many strangers are compared with for each peer that is known well. */
const strangersPerPause = 10;

/** Makes the lists of two nodes equal: a digest first, then those of its parts, then the parts that differ. */
export class ListExchange {
  readonly #context: MembershipContext;
  readonly #claims: Claims;
  #comparedAt = Number.NEGATIVE_INFINITY;

  constructor(context: MembershipContext, claims: Claims) {
    this.#context = context;
    this.#claims = claims;
  }

  /** Who joins begins; else one end, by order of ids. Large clusters open links all the time, to probe. */
  onLinkUp(peer: ReplicaId, now: number): void {
    const { self, members, config } = this.#context;
    const member = members.get(peer);
    const isJoining = !this.#claims.isEstablished;
    // There may be much to learn; but from the first of many, as when a fifth of the cluster comes back at once.
    const isStranger = isJoining || member === undefined || !isLive(member);
    const longest = isStranger ? config.linkCompareMs / strangersPerPause : config.linkCompareMs;
    const pause = longest * (exchangeStretch(clusterSize(this.#context)) - 1);
    if (now < this.#comparedAt + Math.max(pause, isJoining ? answerMs : 0)) return;
    if (isJoining || self.replicaId < peer) this.#compareWith(peer, now);
  }

  compareWithSomebody(now: number): void {
    const [peer] = someLinks(this.#context, 1, null);
    if (peer !== undefined) this.#compareWith(peer, now);
  }

  #compareWith(peer: ReplicaId, now: number): void {
    const { members, emit } = this.#context;
    this.#comparedAt = now;
    const digest = members.digest(selfClaim(this.#context));
    emit({ type: 'send', to: peer, message: { type: 'compare', digest } });
  }

  onCompare(from: ReplicaId, digest: string): void {
    const { members, emit } = this.#context;
    const self = selfClaim(this.#context);
    if (digest === members.digest(self)) this.#claims.established();
    else
      emit({ type: 'send', to: from, message: { type: 'compareParts', digests: members.partDigests(self) } });
  }

  onCompareParts(from: ReplicaId, digests: readonly string[]): void {
    const own = this.#context.members.partDigests(selfClaim(this.#context));
    const parts = own.flatMap((digest, part) => (digest === digests[part] ? [] : [part]));
    // They have become equal meanwhile.
    if (parts.length === 0) this.#claims.established();
    else this.#send(from, parts, true);
  }

  onExchange(from: ReplicaId, { parts, claims, reply }: ExchangeMessage, now: number): void {
    const { members } = this.#context;
    // The peer's list of the moment before, so that what it tells does not come back to it.
    if (reply) this.#send(from, parts, false);
    const known = members.liveCount + 1;
    const newcomers = claims.filter(({ replicaId }) => members.get(replicaId) === undefined).length;
    // A joiner learns the whole cluster: everybody else knows it already. Two clusters that meet must tell on.
    const list = { isList: true, spreadsNewcomers: newcomers <= known };
    for (const claim of claims) this.#claims.apply(claim, claim.replicaId === from ? fromGossip : list, now);
    this.#claims.established();
  }

  #send(to: ReplicaId, parts: readonly number[], reply: boolean): void {
    const { members, emit } = this.#context;
    const claims = members.claimsOf(parts, selfClaim(this.#context));
    emit({ type: 'send', to, message: { type: 'exchange', parts, claims, reply } });
  }
}
