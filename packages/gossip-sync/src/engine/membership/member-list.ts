import { type Digest, digestOf, type ReplicaId, utf8Encode } from '@hearsay/core';
import { isLive, type Member, memberToClaim } from './member.ts';
import { listParts, type MemberClaim } from './messages.ts';

/** Members whose claims travel together, with the digest of them when nothing has changed since it was made. */
interface Part {
  readonly members: Map<ReplicaId, Member>;
  digest: Digest | null;
}

/** The other members as they are known here, the dead that are remembered included. */
export class MemberList {
  readonly #members = new Map<ReplicaId, Member>();
  readonly #parts: readonly Part[] = Array.from({ length: listParts }, () => ({
    members: new Map(),
    digest: null,
  }));
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
    const part = this.#part(partOf(member.replicaId));
    part.members.set(member.replicaId, member);
    if (known === undefined || lineOf(known) !== lineOf(member) || isLive(known) !== isLive(member))
      part.digest = null;
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
      if (isLive(member) || member.since >= time) continue;
      this.#members.delete(member.replicaId);
      this.#part(partOf(member.replicaId)).members.delete(member.replicaId);
    }
  }

  claims(): MemberClaim[] {
    return Array.from(this.#members.values(), (member) => memberToClaim(member, true));
  }

  /** Claims about the members of some parts, this node itself included. */
  claimsOf(parts: readonly number[], self: MemberClaim): MemberClaim[] {
    const claims = parts.includes(partOf(self.replicaId)) ? [self] : [];
    for (const part of new Set(parts))
      for (const member of this.#part(part).members.values()) claims.push(memberToClaim(member, true));
    return claims;
  }

  /** Equal on nodes that agree who is here, and at which version; suspicion passes and the dead are forgotten. */
  digest(self: MemberClaim): Digest {
    return digestOf('hearsay/members/1', utf8Encode(this.partDigests(self).join('\n')));
  }

  /** The same for each part. */
  partDigests(self: MemberClaim): Digest[] {
    const own = partOf(self.replicaId);
    return this.#parts.map((part, index) => {
      if (index === own) return digestOfMembers([self, ...part.members.values()]);
      part.digest ??= digestOfMembers([...part.members.values()]);
      return part.digest;
    });
  }

  #part(index: number): Part {
    const part = this.#parts[index];
    if (part === undefined) throw new Error(`no part ${index}`);
    return part;
  }
}

/** Replica ids are random: their last byte spreads them evenly. */
function partOf(replicaId: ReplicaId): number {
  return Number.parseInt(replicaId.slice(-2), 16) % listParts;
}

function digestOfMembers(members: readonly MemberClaim[]): Digest {
  const lines = members.filter(isLive).map(lineOf);
  return digestOf('hearsay/members/part/1', utf8Encode(lines.sort().join('\n')));
}

function lineOf({ replicaId, incarnation, revision }: MemberClaim | Member): string {
  return `${replicaId} ${incarnation} ${revision}`;
}
