import type { ReplicaId } from '@hearsay/core';
import { type Claims, fromGossip } from './claims.ts';
import { type MembershipContext, selfClaim, someLinks } from './context.ts';
import type { ExchangeMessage, MemberClaim } from './messages.ts';

/** Above this many members lists are compared less often, so that the cost per node grows with log n only. */
const scaleFrom = 32;

/** The factor on the interval between exchanges of lists in a cluster of so many (memberlist). */
export function exchangeStretch(members: number): number {
  return members <= scaleFrom ? 1 : Math.ceil(Math.log2(members) - Math.log2(scaleFrom)) + 1;
}

/** Makes the lists of two nodes equal: a digest first, whole lists only when it differs. */
export class ListExchange {
  readonly #context: MembershipContext;
  readonly #claims: Claims;

  constructor(context: MembershipContext, claims: Claims) {
    this.#context = context;
    this.#claims = claims;
  }

  /** On a new link one end begins, by order of ids; otherwise anybody may. */
  onLinkUp(peer: ReplicaId): void {
    if (this.#context.self.replicaId < peer) this.compareWith(peer);
  }

  compareWithSomebody(): void {
    const [peer] = someLinks(this.#context, 1, null);
    if (peer !== undefined) this.compareWith(peer);
  }

  compareWith(peer: ReplicaId): void {
    this.#context.emit({ type: 'send', to: peer, message: { type: 'compare', digest: this.#digest() } });
  }

  onCompare(from: ReplicaId, digest: string): void {
    if (digest === this.#digest()) this.#claims.established();
    else this.#send(from, true);
  }

  onExchange(from: ReplicaId, { claims, reply }: ExchangeMessage, now: number): void {
    const { members } = this.#context;
    // The peer's list of the moment before, so that what it tells does not come back to it.
    if (reply) this.#send(from, false);
    const known = members.liveCount + 1;
    const newcomers = claims.filter(({ replicaId }) => members.get(replicaId) === undefined).length;
    // A joiner learns the whole cluster: everybody else knows it already. Two clusters that meet must tell on.
    const list = { isList: true, spreadsNewcomers: newcomers <= known };
    for (const claim of claims) this.#claims.apply(claim, claim.replicaId === from ? fromGossip : list, now);
    this.#claims.established();
  }

  #send(to: ReplicaId, reply: boolean): void {
    const claims: readonly MemberClaim[] = [selfClaim(this.#context), ...this.#context.members.claims()];
    this.#context.emit({ type: 'send', to, message: { type: 'exchange', claims, reply } });
  }

  #digest(): string {
    return this.#context.members.digest(selfClaim(this.#context));
  }
}
