import type { Random, ReplicaId } from '@hearsay/core';
import type { Machine } from '../machine.ts';
import type { ViewsConfig } from './config.ts';
import { addPassive, sendTo, someActive, type ViewsContext } from './context.ts';
import type { ViewsEffect, ViewsEvent } from './events.ts';
import type { ForwardJoinMessage, PeerContact, ViewsMessage } from './messages.ts';
import { Neighbours } from './neighbours.ts';
import { PassiveView } from './passive-view.ts';
import { Shuffling } from './shuffling.ts';

export interface ViewsMachine extends Machine<ViewsEvent, ViewsEffect> {
  /** The peers this node gossips with, oldest first. */
  active(): readonly PeerContact[];
  passive(): readonly PeerContact[];
}

export interface ViewsDeps {
  readonly config: ViewsConfig;
  readonly random: Random;
  readonly self: PeerContact;
}

/** Bounded views of a large cluster after HyParView (Leitão et al. 2007), over links that others open and close. */
export function createViewsMachine(deps: ViewsDeps): ViewsMachine {
  return new Views(deps);
}

const nothing: readonly ViewsEffect[] = [];

class Views implements ViewsMachine {
  readonly #context: ViewsContext;
  readonly #neighbours: Neighbours;
  readonly #shuffling: Shuffling;
  #effects: ViewsEffect[] | null = null;
  #isLeaving = false;
  /** Whom it asked to be taken in; a join walks through the overlay, so one at a time. */
  #asked: { readonly peer: ReplicaId; readonly at: number } | null = null;

  constructor(deps: ViewsDeps) {
    this.#context = {
      ...deps,
      active: new Map(),
      passive: new PassiveView(deps.random),
      links: new Map(),
      members: 1,
      emit: (effect) => {
        this.#effects ??= [];
        this.#effects.push(effect);
      },
    };
    this.#neighbours = new Neighbours(this.#context);
    this.#shuffling = new Shuffling(this.#context);
  }

  active(): readonly PeerContact[] {
    return [...this.#context.active.values()];
  }

  passive(): readonly PeerContact[] {
    return this.#context.passive.values();
  }

  handle(event: ViewsEvent, now: number): readonly ViewsEffect[] {
    this.#on(event, now);
    if (!this.#isLeaving) this.#neighbours.repair();
    const effects = this.#effects;
    if (effects === null) return nothing;
    this.#effects = null;
    return effects;
  }

  #on(event: ViewsEvent, now: number): void {
    const { passive } = this.#context;
    switch (event.type) {
      case 'start':
        for (const contact of event.remembered) addPassive(this.#context, contact);
        this.#shuffling.arm();
        break;
      case 'timer':
        if (event.timer.type !== 'shuffle') {
          this.#neighbours.onTimer(event.timer);
          break;
        }
        this.#shuffling.shuffle();
        this.#neighbours.mix();
        this.#shuffling.arm();
        break;
      case 'message':
        if (!this.#isLeaving) this.#onMessage(event.from, event.message);
        break;
      case 'linkUp':
        this.#onLinkUp(event.peer, now);
        break;
      case 'linkDown':
        this.#onLinkDown(event.peer);
        break;
      case 'connectFailed':
        this.#neighbours.requestFailed(event.peer);
        break;
      case 'gone':
        passive.delete(event.peer);
        this.#neighbours.remove(event.peer, false);
        break;
      case 'clusterSize':
        this.#context.members = event.members;
        break;
      case 'leave':
        this.#leave();
        break;
    }
  }

  #onLinkUp(contact: PeerContact, now: number): void {
    const { links, active, self, config } = this.#context;
    const { replicaId: peer } = contact;
    links.set(peer, contact);
    const isRequested = this.#neighbours.linkUp(peer);
    // Alone: whoever it is knows the overlay better.
    if (isRequested || active.size > 0) return;
    if (this.#asked !== null && now < this.#asked.at + config.neighbourTimeoutMs) return;
    this.#asked = { peer, at: now };
    sendTo(this.#context, peer, { type: 'join', contact: self });
  }

  #onLinkDown(peer: ReplicaId): void {
    const { links, active } = this.#context;
    if (this.#asked?.peer === peer) this.#asked = null;
    const contact = links.get(peer);
    links.delete(peer);
    if (this.#neighbours.requestFailed(peer)) return;
    if (active.has(peer)) this.#neighbours.remove(peer, true);
    // Probes open links to anybody: who was met so is known here, whatever piece of the overlay it is in.
    else if (contact !== undefined) addPassive(this.#context, contact);
  }

  #onMessage(from: ReplicaId, message: ViewsMessage): void {
    switch (message.type) {
      case 'join':
        this.#onJoin(message.contact);
        break;
      case 'forwardJoin':
        this.#onForwardJoin(from, message);
        break;
      case 'neighbour':
        this.#neighbours.onNeighbour(message);
        break;
      case 'neighbourAnswer':
        this.#neighbours.onAnswer(from, message.accepted);
        break;
      case 'disconnect':
        this.#neighbours.dismissed(from, message.leaving);
        break;
      case 'shuffle':
        this.#shuffling.onShuffle(from, message);
        break;
      case 'shuffleAnswer':
        this.#shuffling.onShuffleAnswer(message);
        break;
    }
  }

  /** Takes the joiner in, whatever it costs, and has the rest of the overlay hear of it. */
  #onJoin(joiner: PeerContact): void {
    const { links, active, config } = this.#context;
    const { replicaId, addresses } = joiner;
    if (!links.has(replicaId)) return;
    const others = [...active.keys()].filter((peer) => peer !== replicaId);
    const peers = this.#shuffling.sampleFor(replicaId);
    this.#neighbours.add(joiner);
    sendTo(this.#context, replicaId, { type: 'neighbourAnswer', accepted: true });
    if (peers.length > 0) sendTo(this.#context, replicaId, { type: 'shuffleAnswer', peers, path: [] });
    // Who cannot be dialled is found by nobody; it looks for neighbours itself.
    if (addresses.length === 0) return;
    for (const peer of others) {
      sendTo(this.#context, peer, { type: 'forwardJoin', joiner, hops: config.joinHops });
    }
  }

  #onForwardJoin(from: ReplicaId, { joiner, hops }: ForwardJoinMessage): void {
    const { self, active, config } = this.#context;
    const { replicaId } = joiner;
    if (replicaId === self.replicaId) return;
    const left = Math.min(hops, config.joinHops);
    const next = someActive(this.#context, [from, replicaId]);
    if (left <= 0 || next === undefined) {
      if (!active.has(replicaId)) this.#neighbours.request(joiner);
      return;
    }
    if (left === config.joinPassiveHops) addPassive(this.#context, joiner);
    sendTo(this.#context, next, { type: 'forwardJoin', joiner, hops: left - 1 });
  }

  #leave(): void {
    this.#isLeaving = true;
    for (const peer of this.#context.active.keys()) {
      sendTo(this.#context, peer, { type: 'disconnect', leaving: true });
    }
  }
}
