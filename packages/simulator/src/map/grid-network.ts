import type { Network } from './network.ts';

/** A network with a link that everything between its halves has to cross. */
export interface JointNetwork extends Network {
  readonly joint: number;
}

/**
 * The stand-in for the Xerox Corporate Internet, whose map was never published: 256 sites in a square and 44 in a
 * strip, joined by one link. Routes go along x first, then y, between the grids over the joint.
 */
export function twoGridNetwork(): JointNetwork {
  const west: Grid = { name: 'west', first: 0, width: 16, sites: 256 };
  const east: Grid = { name: 'east', first: 256, width: 4, sites: 44 };
  const links = new Links([west, east]);
  const westEnd = 15 + 8 * west.width;
  const eastEnd = east.first + 5 * east.width;
  const joint = links.add(westEnd, eastEnd);
  const between = (from: number, to: number): readonly number[] => {
    if (from < east.first === to < east.first) return links.walk(from, to);
    const [exit, entry] = from < east.first ? [westEnd, eastEnd] : [eastEnd, westEnd];
    return [...links.walk(from, exit), joint, ...links.walk(entry, to)];
  };
  // The tables ask for every route some hundred times.
  const routes = Array.from({ length: 300 }, (_, from) =>
    Array.from({ length: 300 }, (_, to) => between(from, to)),
  );
  return { ...links.network(300, (from, to) => routes[from]?.[to] ?? []), joint };
}

/** So many sites in rows, as nearly a square as can be; the last row may be short. */
export function gridNetwork(sites: number): Network {
  const width = Math.ceil(Math.sqrt(sites));
  const links = new Links([{ name: '', first: 0, width, sites }]);
  const rowOf = (site: number): number => Math.floor(site / width);
  const lastRow = rowOf(sites - 1);
  // A short row is left before anything else: nobody stands beside its end.
  return links.network(sites, (from, to) =>
    rowOf(from) === lastRow && rowOf(to) !== lastRow ? links.walk(to, from) : links.walk(from, to),
  );
}

/** Sites in rows, numbered from `first`. */
interface Grid {
  readonly name: string;
  readonly first: number;
  readonly width: number;
  readonly sites: number;
}

class Links {
  readonly #grids: readonly Grid[];
  readonly #ends: (readonly [number, number])[] = [];
  readonly #numbers = new Map<number, number>();

  /** A link between any two that stand side by side. */
  constructor(grids: readonly Grid[]) {
    this.#grids = grids;
    for (const { first, width, sites } of grids) {
      for (let i = 0; i < sites; i++) {
        if (i % width < width - 1 && i + 1 < sites) this.add(first + i, first + i + 1);
        if (i + width < sites) this.add(first + i, first + i + width);
      }
    }
  }

  add(a: number, b: number): number {
    this.#numbers.set(pairOf(a, b), this.#ends.length);
    return this.#ends.push([a, b]) - 1;
  }

  /** Along x first, then y, within one grid. */
  walk(from: number, to: number): readonly number[] {
    const { first, width } = this.#gridOf(from);
    const links: number[] = [];
    let here = from;
    while (here !== to) {
      const dx = Math.sign(((to - first) % width) - ((here - first) % width));
      const next = here + (dx === 0 ? Math.sign(to - here) * width : dx);
      links.push(this.#numbers.get(pairOf(here, next)) ?? 0);
      here = next;
    }
    return links;
  }

  network(sites: number, route: Network['route']): Network {
    return {
      sites,
      links: this.#ends.length,
      route,
      siteName: (site) => this.#siteName(site),
      linkName: (link) => (this.#ends[link] ?? []).map((site) => this.#siteName(site)).join('-'),
    };
  }

  #siteName(site: number): string {
    const { name, first, width } = this.#gridOf(site);
    return `${name}(${(site - first) % width},${Math.floor((site - first) / width)})`;
  }

  #gridOf(site: number): Grid {
    const grid = this.#grids.findLast(({ first }) => site >= first);
    if (grid === undefined) throw new Error(`no site ${site}`);
    return grid;
  }
}

function pairOf(a: number, b: number): number {
  return Math.min(a, b) * 2 ** 26 + Math.max(a, b);
}
