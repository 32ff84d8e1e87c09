import type { ReplicaId } from '@hearsay/core';
import { closeCodes } from '../wire/close-codes.ts';
import type { EngineEffect } from './events.ts';
import { isLive, type Member } from './membership/member.ts';
import { MeshSize } from './mesh-size.ts';
import type { Parts } from './parts.ts';
import type { Linked } from './topology.ts';
import type { PeerContact } from './views/messages.ts';
import type { WiredParts } from './wired-parts.ts';

/** Milliseconds between a change of the list of members and its being written, for each hundred of them. */
const membersDelayMs = 2000;
/** Milliseconds after its start when a node has heard anew of a cluster that is still there. */
const rememberedMs = 60_000;

export interface ClusterShapeDeps {
  readonly maxPeers: number;
  readonly parts: Parts;
  readonly to: WiredParts;
  readonly linked: ReadonlyMap<ReplicaId, Linked>;
  emit(effect: EngineEffect): void;
}

/**
 * Follows from who is a member: whom to know, whom to give up, and whether news goes by mail over a full mesh or as
 * rumours over partial views.
 */
export class ClusterShape {
  readonly #deps: ClusterShapeDeps;
  readonly #meshSize: MeshSize;
  /** Peers that the views have asked for, by address. */
  readonly #connecting = new Map<string, ReplicaId>();
  #hasViews = false;
  #isSaving = false;
  #remembered = 0;
  #rememberedUntil = 0;

  constructor(deps: ClusterShapeDeps) {
    this.#deps = deps;
    this.#meshSize = new MeshSize(deps.maxPeers);
  }

  /**
   * What is remembered of the members counts for a while: who comes back to a large cluster is not to dial all of it before
   * it has heard of it anew.
   */
  start(remembered: number, now: number): void {
    this.#remembered = remembered;
    this.#rememberedUntil = now + rememberedMs;
    this.#measure(now);
    if (remembered > 0) this.#deps.emit({ type: 'wake', afterMs: rememberedMs, timer: { part: 'members' } });
  }

  get isFullMesh(): boolean {
    return this.#meshSize.isFull;
  }

  /** Views begin when they are first needed, here or by a peer, with everybody who is known. */
  get hasViews(): boolean {
    return this.#hasViews;
  }

  startViews(now: number): void {
    if (this.#hasViews) return;
    this.#hasViews = true;
    const { parts, to, linked } = this.#deps;
    to.views({ type: 'start', remembered: [...parts.peers.contacts.values()] }, now);
    to.views({ type: 'clusterSize', members: parts.membership.size }, now);
    for (const { peer } of linked.values()) to.views({ type: 'linkUp', peer }, now);
  }

  /** The views want a link. */
  connect({ replicaId: peer, addresses }: PeerContact, now: number): void {
    for (const address of addresses) this.#connecting.set(address, peer);
    this.#deps.to.peers({ type: 'wish', peer, addresses }, now);
  }

  /** A dial came to an end; `linked`: it led to a peer that is linked already. */
  dialEnded(address: string, linked: ReplicaId | null, now: number): void {
    const peer = this.#connecting.get(address);
    this.#connecting.delete(address);
    if (peer !== undefined && linked !== peer) this.#deps.to.views({ type: 'connectFailed', peer }, now);
  }

  /** The views need a link no more. */
  release(peer: ReplicaId): void {
    if (this.#meshSize.isFull || this.#deps.parts.repair.isRunning(peer)) return;
    this.#deps.emit({ type: 'close', peer, code: closeCodes.released, reason: 'out of the active view' });
  }

  /** A member is new, or has changed. */
  memberChanged(member: Member, now: number): void {
    const { to, emit } = this.#deps;
    const { replicaId: peer, status, incarnation, description } = member;
    emit({ type: 'notice', notice: { type: 'memberChanged', peer, status } });
    if (isLive(member)) {
      const { addresses, region } = description;
      to.peers({ type: 'learnt', contact: { replicaId: peer, incarnation, addresses, region } }, now);
    } else this.#gone(peer, status, now);
    this.#measure(now);
    if (this.#isSaving) return;
    this.#isSaving = true;
    const afterMs = membersDelayMs * Math.max(1, this.#deps.parts.membership.size / 100);
    emit({ type: 'wake', afterMs, timer: { part: 'members' } });
  }

  saveMembers(now: number): void {
    this.#measure(now);
    this.#isSaving = false;
    const { parts, emit } = this.#deps;
    const request = { call: 'rememberMembers', claims: parts.membership.claims() } as const;
    emit({ type: 'ask', request, token: { part: 'members' } });
  }

  #gone(peer: ReplicaId, status: Member['status'], now: number): void {
    const { to, linked, emit } = this.#deps;
    if (status === 'left') to.peers({ type: 'left', peer }, now);
    if (this.#hasViews) to.views({ type: 'gone', peer }, now);
    to.presence({ type: 'ownerGone', owner: peer }, now);
    if (status !== 'dead' || !linked.has(peer)) return;
    emit({ type: 'close', peer, code: closeCodes.givenUp, reason: 'the cluster has given this node up' });
  }

  #measure(now: number): void {
    const { parts, to, emit } = this.#deps;
    const members = parts.membership.size;
    if (this.#hasViews) to.views({ type: 'clusterSize', members }, now);
    const remembered = now < this.#rememberedUntil ? this.#remembered : 0;
    if (!this.#meshSize.changes(Math.max(members - 1, remembered))) return;
    const { isFull: isFullMesh } = this.#meshSize;
    emit({ type: 'notice', notice: { type: 'meshChanged', isFullMesh, members } });
    to.peers({ type: 'fullMesh', isFullMesh }, now);
    to.presence({ type: 'fullMesh', isFullMesh }, now);
    to.outgoingMail({ type: 'enabled', isEnabled: isFullMesh }, now);
    if (isFullMesh) return;
    to.spreading({ type: 'started' }, now);
    this.startViews(now);
  }
}
