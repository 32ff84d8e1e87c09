import type { Network } from '../map/network.ts';
import type { TrafficObserver } from './cycle-world.ts';

/** Counts what crosses each link of a network. */
export class LinkTraffic implements TrafficObserver {
  readonly #network: Network;
  readonly #compares: Float64Array;
  readonly #updates: Float64Array;

  constructor(network: Network) {
    this.#network = network;
    this.#compares = new Float64Array(network.links);
    this.#updates = new Float64Array(network.links);
  }

  conversation(caller: number, called: number): void {
    this.#cross(this.#compares, caller, called);
  }

  update(caller: number, called: number): void {
    this.#cross(this.#updates, caller, called);
  }

  /** Conversations over each link, in the whole run. */
  get compares(): Float64Array {
    return this.#compares;
  }

  /** Conversations over each link in which the update had to be sent, in the whole run. */
  get updates(): Float64Array {
    return this.#updates;
  }

  #cross(counts: Float64Array, from: number, to: number): void {
    for (const link of this.#network.route(from, to)) counts[link] = (counts[link] ?? 0) + 1;
  }
}
