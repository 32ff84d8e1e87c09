import { type Digest, digestOf, type ReplicaId, utf8Encode } from '@hearsay/core';
import { isLive, type Member, memberToClaim } from './member.ts';
import type { MemberClaim } from './messages.ts';

/** The other members as they are known here, the dead that are remembered included. */
export class MemberList {
  readonly #members = new Map<ReplicaId, Member>();
  #liveCount = 0;

  get size(): number {
    return this.#members.size;
  }

  /** Members alive or suspect. */
  get liveCount(): number {
    return this.#liveCount;
  }

  get(replicaId: ReplicaId): Member | undefined {
    return this.#members.get(replicaId);
  }

  isLive(replicaId: ReplicaId): boolean {
    const member = this.#members.get(replicaId);
    return member !== undefined && isLive(member);
  }

  set(member: Member): void {
    const known = this.#members.get(member.replicaId);
    if (known !== undefined && isLive(known)) this.#liveCount--;
    if (isLive(member)) this.#liveCount++;
    this.#members.set(member.replicaId, member);
  }

  values(): IterableIterator<Member> {
    return this.#members.values();
  }

  live(): Member[] {
    return [...this.#members.values()].filter(isLive);
  }

  /** Forgets those dead or left since before `time`. */
  forget(time: number): void {
    for (const member of this.#members.values()) {
      if (!isLive(member) && member.since < time) this.#members.delete(member.replicaId);
    }
  }

  claims(): MemberClaim[] {
    return Array.from(this.#members.values(), (member) => memberToClaim(member, true));
  }

  /** Equal on nodes that agree who is here, and at which version; suspicion passes and the dead are forgotten. */
  digest(self: MemberClaim): Digest {
    const lines = [self, ...this.live()].map(
      ({ replicaId, incarnation, revision }) => `${replicaId} ${incarnation} ${revision}`,
    );
    return digestOf('hearsay/members/1', utf8Encode(lines.sort().join('\n')));
  }
}
