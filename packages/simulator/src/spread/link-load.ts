import type { Network } from '../map/network.ts';

/** What went over the links of a network. */
export interface LinkLoad {
  /** Over the links that were used at all. */
  readonly mean: number;
  readonly largest: number;
  /** Name of the link with the largest load. */
  readonly worst: string;
  readonly used: number;
}

/** Adds up loads on a network's links, brought by pairs of sites, over all runs of a row. */
export class LinkLoads {
  readonly #network: Network;
  readonly #loads: Float64Array;
  #runs = 0;

  constructor(network: Network) {
    this.#network = network;
    this.#loads = new Float64Array(network.links);
  }

  /** One run's loads, by link; returns what they come to. */
  add(loads: Float64Array): LinkLoad {
    for (const [link, load] of loads.entries()) this.#loads[link] = (this.#loads[link] ?? 0) + load;
    this.#runs++;
    return summarise(this.#network, loads);
  }

  /** Mean loads over the runs of all links that were ever used, largest first. */
  perLink(): { readonly link: string; readonly load: number }[] {
    const links = [...this.#loads.entries()].filter(([, load]) => load > 0);
    links.sort(([a, loadA], [b, loadB]) => loadB - loadA || a - b);
    return links.map(([link, load]) => ({ link: this.#network.linkName(link), load: load / this.#runs }));
  }
}

/** Brings loads between pairs of sites onto the links between them. */
export function loadsOf(
  network: Network,
  pairs: Iterable<readonly [from: number, to: number, load: number]>,
): Float64Array {
  const loads = new Float64Array(network.links);
  for (const [from, to, load] of pairs) {
    for (const link of network.route(from, to)) loads[link] = (loads[link] ?? 0) + load;
  }
  return loads;
}

function summarise(network: Network, loads: Float64Array): LinkLoad {
  let sum = 0;
  let used = 0;
  let worst = 0;
  for (const [link, load] of loads.entries()) {
    if (load === 0) continue;
    sum += load;
    used++;
    if (load > (loads[worst] ?? 0)) worst = link;
  }
  return { mean: sum / Math.max(1, used), largest: loads[worst] ?? 0, worst: network.linkName(worst), used };
}
