import type { Random, ReplicaId } from '@hearsay/core';
import type { BroadcastQueue } from './broadcast-queue.ts';
import { sendLimit } from './broadcast-queue.ts';
import type { MembershipConfig } from './config.ts';
import type { MembershipEffect } from './events.ts';
import { type LocalHealth, lagPoints } from './local-health.ts';
import type { MemberList } from './member-list.ts';
import type { MemberClaim, MemberDescription } from './messages.ts';

/** This node as the others are to see it. */
export interface Self {
  readonly replicaId: ReplicaId;
  /** 32 random bits drawn at this start. */
  readonly session: number;
  incarnation: number;
  revision: number;
  description: MemberDescription;
  isLeaving: boolean;
}

/** What the parts of the membership machine share. */
export interface MembershipContext {
  readonly config: MembershipConfig;
  readonly random: Random;
  readonly self: Self;
  readonly members: MemberList;
  /** Peers with an open link. */
  readonly links: Set<ReplicaId>;
  /** When anything last came from a peer with an open link. */
  readonly heardAt: Map<ReplicaId, number>;
  readonly news: BroadcastQueue;
  readonly health: LocalHealth;
  readonly emit: (effect: MembershipEffect) => void;
}

export function selfClaim({ self }: MembershipContext): MemberClaim {
  const { replicaId, incarnation, revision, session, description } = self;
  const status = self.isLeaving ? 'left' : 'alive';
  return { replicaId, incarnation, revision, session, status, by: null, description };
}

/** Members alive or suspect, this node included. */
export function clusterSize({ members }: MembershipContext): number {
  return members.liveCount + 1;
}

/** The news to ride on the next message; each piece counts as sent. */
export function takeNews(context: MembershipContext): readonly MemberClaim[] {
  const { news, config } = context;
  if (news.size === 0) return noNews;
  return news.take(config.maxClaimsPerMessage, sendLimit(config.retransmitMultiplier, clusterSize(context)));
}

export function changeHealth({ health, emit }: MembershipContext, by: number): void {
  if (by !== 0 && health.change(by))
    emit({ type: 'notice', notice: { type: 'health', score: health.score } });
}

/** A judgement is put off so often at most: a node that is always late must still find the dead. */
export const maxPutOffs = 3;

/** Whether a timer fired so late that this node must doubt itself before it judges others. */
export function isLate(context: MembershipContext, dueAt: number, now: number): boolean {
  const { lagToleranceMs } = context.config;
  if (lagToleranceMs === null || now - dueAt <= lagToleranceMs) return false;
  changeHealth(context, lagPoints(now - dueAt, lagToleranceMs));
  return true;
}

/** So many linked peers at random. */
export function someLinks(
  { links, random }: MembershipContext,
  count: number,
  except: ReplicaId | null,
): ReplicaId[] {
  const others = [...links].filter((peer) => peer !== except);
  if (others.length > count) return random.shuffled(others).slice(0, count);
  return others;
}

const noNews: readonly MemberClaim[] = [];
