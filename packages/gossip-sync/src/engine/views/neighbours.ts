import type { ReplicaId } from '@hearsay/core';
import { activeSize, addPassive, sendTo, someActive, type ViewsContext } from './context.ts';
import type { ViewsTimer } from './events.ts';
import type { NeighbourMessage, PeerContact } from './messages.ts';

/** A peer asked to become a neighbour: first its link, then its answer. */
interface Request {
  readonly contact: PeerContact;
  readonly serial: number;
  wasSent: boolean;
}

/** Keeps the active view full: lets peers in and out, and asks passive ones when some are missing. */
export class Neighbours {
  readonly #context: ViewsContext;
  readonly #requests = new Map<ReplicaId, Request>();
  /** Passive peers that said no since the last attempt began. */
  readonly #refused = new Set<ReplicaId>();
  #serial = 0;
  #attempts = 0;
  #isRepairArmed = false;

  constructor(context: ViewsContext) {
    this.#context = context;
  }

  /** Lets a peer in, at the cost of another if there is no room. */
  add(contact: PeerContact): void {
    const { self, active, passive, config, emit } = this.#context;
    const { replicaId } = contact;
    if (replicaId === self.replicaId || active.has(replicaId)) return;
    const most = activeSize(this.#context) + config.activeSlack;
    const victim = active.size >= most ? someActive(this.#context, []) : undefined;
    if (victim !== undefined) {
      sendTo(this.#context, victim, { type: 'disconnect', leaving: false });
      this.remove(victim, true);
      this.release(victim);
    }
    passive.delete(replicaId);
    this.#requests.delete(replicaId);
    active.set(replicaId, contact);
    this.#attempts = 0;
    emit({ type: 'neighbour', peer: replicaId, isUp: true });
  }

  /** Takes a peer out of the active view, into the passive one if it `isKept`. */
  remove(peer: ReplicaId, isKept: boolean): void {
    const { active, emit } = this.#context;
    const contact = active.get(peer);
    if (contact === undefined) return;
    active.delete(peer);
    emit({ type: 'neighbour', peer, isUp: false });
    if (isKept) addPassive(this.#context, contact);
  }

  /** A neighbour has let this node go, and closes the link: to ask it now would be in vain. */
  dismissed(by: ReplicaId, isLeaving: boolean): void {
    this.#refused.add(by);
    this.remove(by, !isLeaving);
    if (isLeaving) this.#context.passive.delete(by);
    this.release(by);
  }

  /** Asks passive peers, at random, until the active view is full or nobody is left to ask. */
  repair(): void {
    const { active, passive, random } = this.#context;
    let missing = activeSize(this.#context) - active.size - this.#requests.size;
    if (missing <= 0) return;
    const candidates = passive
      .values()
      .filter(({ replicaId }) => !this.#requests.has(replicaId) && !this.#refused.has(replicaId));
    for (const contact of random.shuffled(candidates)) {
      if (missing-- <= 0) return;
      this.request(contact);
    }
    if (this.#requests.size === 0) this.#armRepair();
  }

  /** Asks one more: an overlay that never changes stays in the pieces it came to be in. */
  mix(): void {
    const { passive, random } = this.#context;
    const candidates = passive.values().filter(({ replicaId }) => !this.#requests.has(replicaId));
    const contact = random.pick(candidates);
    if (contact !== undefined) this.request(contact);
  }

  request(contact: PeerContact): void {
    const { self, links, config, emit } = this.#context;
    const { replicaId } = contact;
    if (replicaId === self.replicaId || this.#requests.has(replicaId)) return;
    const request = { contact, serial: ++this.#serial, wasSent: false };
    this.#requests.set(replicaId, request);
    const timer = { type: 'request', peer: replicaId, serial: request.serial } as const;
    emit({ type: 'wake', afterMs: config.neighbourTimeoutMs, timer });
    if (links.has(replicaId)) this.#send(request);
    else emit({ type: 'connect', peer: contact });
  }

  /** Returns whether the link was opened to make a neighbour of the peer. */
  linkUp(peer: ReplicaId): boolean {
    const request = this.#requests.get(peer);
    if (request !== undefined) this.#send(request);
    return request !== undefined;
  }

  /** Returns whether there was a request; the peer is forgotten then. */
  requestFailed(peer: ReplicaId): boolean {
    const wasAsked = this.#requests.delete(peer);
    if (wasAsked) this.#context.passive.delete(peer);
    return wasAsked;
  }

  onTimer(timer: Exclude<ViewsTimer, { readonly type: 'shuffle' }>): void {
    if (timer.type === 'repair') {
      this.#isRepairArmed = false;
      this.#refused.clear();
    } else if (this.#requests.get(timer.peer)?.serial === timer.serial) {
      this.requestFailed(timer.peer);
      this.release(timer.peer);
    }
  }

  onNeighbour({ contact, priority }: NeighbourMessage): void {
    const { active, links, config } = this.#context;
    if (!links.has(contact.replicaId)) return;
    const hasRoom = active.size < activeSize(this.#context) + config.activeSlack;
    const accepted = priority === 'high' || hasRoom || active.has(contact.replicaId);
    if (accepted) this.add(contact);
    sendTo(this.#context, contact.replicaId, { type: 'neighbourAnswer', accepted });
  }

  onAnswer(from: ReplicaId, accepted: boolean): void {
    const contact = this.#requests.get(from)?.contact ?? this.#context.links.get(from);
    this.#requests.delete(from);
    if (accepted && contact !== undefined) {
      this.add(contact);
      return;
    }
    this.#refused.add(from);
    this.release(from);
  }

  /** Gives up a link that neither the active view nor a request needs. */
  release(peer: ReplicaId): void {
    const { links, active, emit } = this.#context;
    if (links.has(peer) && !active.has(peer) && !this.#requests.has(peer)) emit({ type: 'release', peer });
  }

  #send(request: Request): void {
    if (request.wasSent) return;
    request.wasSent = true;
    const { active, self } = this.#context;
    // Where all others are full, those few who found hardly anybody would stay among themselves for ever.
    const priority = active.size < activeSize(this.#context) / 2 ? 'high' : 'low';
    sendTo(this.#context, request.contact.replicaId, { type: 'neighbour', contact: self, priority });
  }

  #armRepair(): void {
    if (this.#isRepairArmed) return;
    const { active, passive, config, random, emit } = this.#context;
    if (active.size === 0 && passive.size === 0) emit({ type: 'notice', notice: { type: 'isolated' } });
    this.#isRepairArmed = true;
    const pause = Math.min(
      config.repairIntervalMaxMs,
      config.repairIntervalMs * 2 ** Math.min(20, this.#attempts++),
    );
    emit({ type: 'wake', afterMs: pause * (0.5 + random.next() / 2), timer: { type: 'repair' } });
  }
}
