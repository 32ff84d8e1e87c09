import type { ReplicaId } from '@hearsay/core';
import {
  changeHealth,
  clusterSize,
  isLate,
  type MembershipContext,
  maxPutOffs,
  selfClaim,
} from './context.ts';
import type { MembershipTimer } from './events.ts';
import { compareVersions, isLive, type Member, memberToClaim } from './member.ts';
import type { MemberClaim } from './messages.ts';
import type { ProbeOrder } from './probe-order.ts';
import { isSlow } from './slowness.ts';
import { confirmationsWanted, type Suspicion, suspicionMs } from './suspicion.ts';

/**
 * How a claim came. Deaths read from a whole list are only suspected, so that the member can object; so are those of members that are linked
 * here, however they are told: whoever judged may be the one that was late.
 */
export interface ClaimSource {
  readonly isList: boolean;
  /** Whether members heard of for the first time are told on. */
  readonly spreadsNewcomers: boolean;
}

export const fromGossip: ClaimSource = { isList: false, spreadsNewcomers: true };

type SuspicionTimer = Extract<MembershipTimer, { readonly type: 'suspicion' }>;

const maxDuplicatesTold = 64;

/** What a piece of news changes here: SWIM's rules of precedence, suspicion and refutation. */
export class Claims {
  readonly #context: MembershipContext;
  readonly #order: ProbeOrder;
  readonly #suspicions = new Map<ReplicaId, Suspicion>();
  readonly #duplicatesTold = new Set<string>();
  #lastSerial = 0;
  /** The cluster knows a later start of this store. */
  #isOutranked = false;
  /** The cluster has accepted this start, so a later start of the same store is somebody else. */
  #isEstablished = false;

  constructor(context: MembershipContext, order: ProbeOrder) {
    this.#context = context;
    this.#order = order;
  }

  apply(claim: MemberClaim, source: ClaimSource, now: number): void {
    const { links, self, members } = this.#context;
    if (claim.replicaId === self.replicaId) {
      this.#hearOfSelf(claim);
      return;
    }
    const known = members.get(claim.replicaId);
    if (known === undefined) {
      this.#introduce(claim, source, now);
      return;
    }
    if (claim.incarnation === known.incarnation && claim.session !== known.session) {
      this.#tellDuplicate(claim, known.description);
      return;
    }
    const order = compareVersions(claim, known);
    if (order < 0 || (order === 0 && !isLive(known) && claim.status !== 'left')) return;
    switch (claim.status) {
      case 'alive':
        if (order > 0) this.#accept(claim, known, now);
        break;
      case 'suspect':
        if (order === 0 && known.status === 'suspect') this.#confirm(claim, now);
        else this.#suspect(claim, known, now);
        break;
      case 'dead':
        if (isLive(known) && (source.isList || links.has(known.replicaId)))
          this.apply({ ...claim, status: 'suspect' }, source, now);
        else this.#accept(claim, known, now);
        break;
      case 'left':
        if (order > 0 || known.status !== 'left') this.#accept(claim, known, now);
        break;
    }
  }

  /** This node's own probes of the member failed. */
  accuse(replicaId: ReplicaId, now: number): void {
    const { members, self } = this.#context;
    const member = members.get(replicaId);
    if (member === undefined || !isLive(member)) return;
    const claim = { ...memberToClaim(member, false), description: null };
    this.apply({ ...claim, status: 'suspect', by: self.replicaId }, fromGossip, now);
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  /** The list of a peer was read to its end, or is equal. */
  established(): void {
    if (!this.#isOutranked) this.#isEstablished = true;
  }

  onSuspicionTimer({ replicaId, serial, dueAt }: SuspicionTimer, now: number): void {
    const suspicion = this.#suspicions.get(replicaId);
    if (suspicion === undefined || suspicion.serial !== serial) return;
    if (suspicion.putOffs < maxPutOffs && isLate(this.#context, dueAt, now)) {
      suspicion.putOffs++;
      this.#arm(replicaId, suspicion, this.#context.config.probeTimeoutMs, now);
      return;
    }
    // Who is heard lives: its refutation is under way, behind much else. Should it fall silent the time runs again.
    if ((this.#context.heardAt.get(replicaId) ?? 0) > suspicion.startedAt) {
      suspicion.startedAt = now;
      this.#arm(replicaId, suspicion, this.#lastsMs(replicaId, 0), now);
      return;
    }
    this.#declareDead(replicaId, now);
  }

  #introduce(claim: MemberClaim, source: ClaimSource, now: number): void {
    const { members, config, emit } = this.#context;
    const { description } = claim;
    if (description === null) return;
    if (members.size >= config.maxMembers) {
      emit({ type: 'notice', notice: { type: 'tooManyMembers', replicaId: claim.replicaId } });
      return;
    }
    const status = claim.status === 'suspect' ? 'alive' : claim.status;
    const member: Member = { ...claim, status, description, since: now };
    this.#set(member);
    if (!isLive(member)) return;
    this.#order.add(member.replicaId);
    if (source.spreadsNewcomers) this.#context.news.add(claim);
    if (claim.status === 'suspect') this.#suspect(claim, member, now);
  }

  #accept(claim: MemberClaim, known: Member, now: number): void {
    const description = claim.description ?? known.description;
    this.#suspicions.delete(claim.replicaId);
    this.#set({ ...claim, description, since: now });
    if (!isLive(known) && isLive(claim)) this.#order.add(claim.replicaId);
    this.#context.news.add(claim.status === 'alive' ? { ...claim, description } : claim);
  }

  #suspect(claim: MemberClaim, known: Member, now: number): void {
    const { config, emit, links, news, self } = this.#context;
    const by = claim.by ?? self.replicaId;
    if (!isLive(known)) this.#order.add(known.replicaId);
    const description = claim.description ?? known.description;
    this.#set({ ...claim, status: 'suspect', by, description, since: now });
    const suspicion = { startedAt: now, accusers: new Set([by]), serial: 0, putOffs: 0 };
    this.#suspicions.set(claim.replicaId, suspicion);
    this.#arm(claim.replicaId, suspicion, this.#lastsMs(claim.replicaId, 0), now);
    const told: MemberClaim = { ...claim, by, description: null };
    news.add(told);
    emit({ type: 'notice', notice: { type: 'suspected', replicaId: claim.replicaId, by } });
    if (config.buddy && by === self.replicaId && links.has(claim.replicaId)) {
      emit({ type: 'send', to: claim.replicaId, message: { type: 'gossip', claims: [told] } });
    }
  }

  #confirm(claim: MemberClaim, now: number): void {
    const { config, news } = this.#context;
    const suspicion = this.#suspicions.get(claim.replicaId);
    if (suspicion === undefined || claim.by === null || suspicion.accusers.has(claim.by)) return;
    const size = clusterSize(this.#context);
    if (suspicion.accusers.size - 1 >= confirmationsWanted(config, size)) return;
    suspicion.accusers.add(claim.by);
    news.add({ ...claim, description: null });
    const lastsMs = this.#lastsMs(claim.replicaId, suspicion.accusers.size - 1);
    const leftMs = suspicion.startedAt + lastsMs - now;
    if (leftMs > 0) this.#arm(claim.replicaId, suspicion, leftMs, now);
    else this.#declareDead(claim.replicaId, now);
  }

  /** From the start of a suspicion to death: longer for who has said that it is slow. */
  #lastsMs(suspect: ReplicaId, confirmations: number): number {
    const { config, members } = this.#context;
    const description = members.get(suspect)?.description;
    const factor = description !== undefined && isSlow(description) ? config.slowSuspicionFactor : 1;
    return factor * suspicionMs(config, clusterSize(this.#context), confirmations);
  }

  #declareDead(replicaId: ReplicaId, now: number): void {
    const { members, self } = this.#context;
    const member = members.get(replicaId);
    if (member === undefined) return;
    const claim = { ...memberToClaim(member, false), status: 'dead', by: self.replicaId } as const;
    this.#accept(claim, member, now);
  }

  #arm(replicaId: ReplicaId, suspicion: Suspicion, afterMs: number, now: number): void {
    suspicion.serial = ++this.#lastSerial;
    const timer = { type: 'suspicion', replicaId, serial: suspicion.serial, dueAt: now + afterMs } as const;
    this.#context.emit({ type: 'wake', afterMs, timer });
  }

  #hearOfSelf(claim: MemberClaim): void {
    const { self, emit, news } = this.#context;
    if (self.isLeaving || claim.incarnation < self.incarnation) return;
    if (claim.incarnation > self.incarnation) {
      this.#onOutranked(claim);
    } else if (claim.session !== self.session) {
      this.#tellDuplicate(claim);
    } else if (claim.status !== 'alive' && claim.revision >= self.revision) {
      self.revision = claim.revision + 1;
      news.add(selfClaim(this.#context));
      changeHealth(this.#context, 1);
      emit({ type: 'notice', notice: { type: 'refuted', by: claim.by } });
    }
  }

  /** A later start of this store is known: it ran elsewhere, or this one was restored from a backup. */
  #onOutranked(claim: MemberClaim): void {
    const { self, emit } = this.#context;
    if (this.#isEstablished) {
      this.#tellDuplicate(claim);
    } else if (!this.#isOutranked) {
      this.#isOutranked = true;
      const { incarnation } = self;
      emit({
        type: 'notice',
        notice: { type: 'incarnationWentBack', incarnation, known: claim.incarnation },
      });
    }
  }

  #tellDuplicate(claim: MemberClaim, known = this.#context.self.description): void {
    const { replicaId, incarnation, session, description } = claim;
    const addresses = [...known.addresses, ...(description?.addresses ?? [])];
    const key = `${replicaId} ${session}`;
    if (this.#duplicatesTold.has(key) || this.#duplicatesTold.size >= maxDuplicatesTold) return;
    this.#duplicatesTold.add(key);
    this.#context.emit({
      type: 'notice',
      notice: { type: 'duplicateReplica', replicaId, incarnation, addresses },
    });
  }

  #set(member: Member): void {
    this.#context.members.set(member);
    this.#context.emit({ type: 'member', member });
  }
}
