import { createRandom, isReplicaId, type Random, type ReplicaId } from '@hearsay/core';
import { defaultViewsConfig, type ViewsConfig } from './config.ts';
import type { ViewsEffect, ViewsEvent } from './events.ts';
import type { PeerContact } from './messages.ts';
import { createViewsMachine, type ViewsMachine } from './views-machine.ts';

interface Scheduled {
  readonly at: number;
  readonly node: number;
  readonly event: ViewsEvent;
}

/** For tests: many views machines, their links and their messages, each of which takes one unit of time. */
export class OverlayPump {
  readonly nodes: ViewsMachine[] = [];
  readonly effects: { readonly node: number; readonly effect: ViewsEffect }[] = [];
  readonly #random: Random;
  readonly #config: ViewsConfig;
  readonly #contacts: PeerContact[] = [];
  readonly #links: Set<number>[] = [];
  readonly #dead = new Set<number>();
  readonly #dialOnly = new Set<number>();
  #queue: Scheduled[] = [];
  now = 0;

  constructor(seed: string, config: Partial<ViewsConfig> = {}) {
    this.#random = createRandom(seed);
    this.#config = { ...defaultViewsConfig, ...config };
  }

  /** Starts one more node; it joins through a random running one that can be dialled, when told to. */
  add(joins: boolean, isDialOnly = false): number {
    const node = this.nodes.length;
    const contact = { replicaId: nodeId(node), addresses: isDialOnly ? [] : [`ws://${node}`] };
    const random = this.#random.fork(`node ${node}`);
    this.nodes.push(createViewsMachine({ config: this.#config, random, self: contact }));
    this.#contacts.push(contact);
    this.#links.push(new Set());
    if (isDialOnly) this.#dialOnly.add(node);
    this.#handle(node, { type: 'start', remembered: [] });
    const targets = this.running().filter((other) => other !== node && !this.#dialOnly.has(other));
    const target = this.#random.pick(targets);
    if (joins && target !== undefined) this.#link(node, target);
    return node;
  }

  running(): number[] {
    return [...this.nodes.keys()].filter((node) => !this.#dead.has(node));
  }

  /** The nodes vanish at once; their peers see the links close. */
  crash(nodes: readonly number[]): void {
    for (const node of nodes) this.#dead.add(node);
    for (const node of nodes) for (const other of this.#links[node] ?? []) this.#unlink(node, other);
  }

  /** Opens a link between two, for whatever reason. */
  link(one: number, other: number): void {
    this.#link(one, other);
  }

  cut(one: number, other: number): void {
    this.#unlink(one, other);
  }

  tell(node: number, event: ViewsEvent): void {
    this.#handle(node, event);
  }

  run(units: number): void {
    const until = this.now + units;
    while (this.now < until) {
      this.now++;
      const due = this.#queue.filter(({ at }) => at <= this.now);
      this.#queue = this.#queue.filter(({ at }) => at > this.now);
      for (const { node, event } of due) this.#handle(node, event);
    }
  }

  active(node: number): number[] {
    return (this.nodes[node]?.active() ?? []).map(({ replicaId }) => Number.parseInt(replicaId, 16));
  }

  /** Of the running nodes, the share that the first of them reaches over active views. */
  reach(): number {
    const running = this.running();
    const [first] = running;
    if (first === undefined) return 0;
    const seen = new Set([first]);
    for (const node of seen) {
      for (const next of this.active(node)) if (!this.#dead.has(next)) seen.add(next);
    }
    return seen.size / running.length;
  }

  /** Pairs of running nodes of which only one has the other in its active view, and for longer than messages take. */
  oneSided(): number {
    let lasting = this.#oneSidedPairs();
    const until = this.now + 10;
    while (this.now < until) {
      this.run(1);
      const present = this.#oneSidedPairs();
      lasting = new Set([...lasting].filter((pair) => present.has(pair)));
    }
    return lasting.size;
  }

  #oneSidedPairs(): Set<string> {
    const pairs = new Set<string>();
    for (const node of this.running()) {
      for (const next of this.active(node))
        if (!this.active(next).includes(node)) pairs.add(`${node} ${next}`);
    }
    return pairs;
  }

  #handle(node: number, event: ViewsEvent): void {
    if (this.#dead.has(node)) return;
    for (const effect of this.nodes[node]?.handle(event, this.now) ?? []) this.#apply(node, effect);
  }

  #apply(node: number, effect: ViewsEffect): void {
    this.effects.push({ node, effect });
    const from = nodeId(node);
    switch (effect.type) {
      case 'send':
        this.#later(Number.parseInt(effect.to, 16), 1, { type: 'message', from, message: effect.message });
        break;
      case 'wake':
        this.#later(node, effect.afterMs / 100, { type: 'timer', timer: effect.timer });
        break;
      case 'connect': {
        const to = Number.parseInt(effect.peer.replicaId, 16);
        if (this.#dead.has(to) || this.#dialOnly.has(to)) {
          this.#later(node, 2, { type: 'connectFailed', peer: effect.peer.replicaId });
        } else {
          this.#link(node, to);
        }
        break;
      }
      case 'release':
        // Nobody else uses links here; both machines may ask for it at once.
        this.#later(node, 1, { type: 'linkDown', peer: effect.peer });
        this.#unlink(node, Number.parseInt(effect.peer, 16));
        break;
      case 'neighbour':
      case 'notice':
        break;
    }
  }

  #link(one: number, other: number): void {
    this.#links[one]?.add(other);
    this.#links[other]?.add(one);
    for (const [node, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      const contact = this.#contacts[peer];
      if (contact !== undefined) this.#later(node, 1, { type: 'linkUp', peer: contact });
    }
  }

  #unlink(one: number, other: number): void {
    if (!this.#links[one]?.delete(other)) return;
    this.#links[other]?.delete(one);
    // After the messages under way on it.
    this.#later(one, 2, { type: 'linkDown', peer: nodeId(other) });
    this.#later(other, 2, { type: 'linkDown', peer: nodeId(one) });
  }

  #later(node: number, units: number, event: ViewsEvent): void {
    this.#queue.push({ at: this.now + units, node, event });
  }
}

export function nodeId(node: number): ReplicaId {
  const id = node.toString(16).padStart(32, '0');
  if (!isReplicaId(id)) throw new Error(`not a replica id: ${id}`);
  return id;
}
