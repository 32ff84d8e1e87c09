import type { TrafficObserver } from './cycle-world.ts';
import type { Network } from './grid-network.ts';

/** Load of the average link and of the joint. */
export interface LinkLoad {
  readonly average: number;
  readonly joint: number;
}

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

  /** Conversations over a link, each cycle. */
  compares(cycles: number): LinkLoad {
    const { average, joint } = this.#load(this.#compares);
    return { average: average / cycles, joint: joint / cycles };
  }

  /** Conversations over a link in which the update had to be sent, in the whole run. */
  updates(): LinkLoad {
    return this.#load(this.#updates);
  }

  /** Per link, for plots: all conversations of the run. */
  perLink(): readonly number[] {
    return [...this.#compares];
  }

  #cross(counts: Float64Array, from: number, to: number): void {
    for (const link of this.#network.route(from, to)) counts[link] = (counts[link] ?? 0) + 1;
  }

  #load(counts: Float64Array): LinkLoad {
    return {
      average: counts.reduce((sum, count) => sum + count, 0) / counts.length,
      joint: counts[this.#network.joint] ?? 0,
    };
  }
}
