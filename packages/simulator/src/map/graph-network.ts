import type { Network } from './network.ts';

/** A link of a {@link graphNetwork}, between two sites by number. */
export interface GraphLink {
  readonly between: readonly [number, number];
  /** What it costs to cross it; routes take the cheapest way. */
  readonly cost: number;
}

/** Sites joined by the links given; what no link leads to cannot be reached. Of equally cheap ways the shortest is taken. */
export function graphNetwork(names: readonly string[], links: readonly GraphLink[]): Network {
  const neighbours: Neighbour[][] = names.map(() => []);
  for (const [link, { between, cost }] of links.entries()) {
    const [a, b] = between;
    neighbours[a]?.push({ site: b, link, cost });
    neighbours[b]?.push({ site: a, link, cost });
  }
  const trees = new Map<number, readonly (Step | undefined)[]>();
  const treeOf = (root: number): readonly (Step | undefined)[] => {
    const known = trees.get(root);
    if (known !== undefined) return known;
    const tree = cheapestWays(root, neighbours);
    trees.set(root, tree);
    return tree;
  };
  const siteName = (site: number): string => names[site] ?? '';
  return {
    sites: names.length,
    links: links.length,
    route(from, to) {
      // One tree for both ways, so that they are the same.
      const tree = treeOf(Math.min(from, to));
      const route: number[] = [];
      let step = tree[Math.max(from, to)];
      while (step !== undefined) {
        route.push(step.link);
        step = tree[step.before];
      }
      return route;
    },
    siteName,
    linkName(link) {
      const [a = 0, b = 0] = links[link]?.between ?? [];
      return `${siteName(a)}-${siteName(b)}`;
    },
  };
}

interface Neighbour {
  readonly site: number;
  readonly link: number;
  readonly cost: number;
}

/** How a site is reached: over which link, from which site before it. */
interface Step {
  readonly link: number;
  readonly before: number;
}

/** Dijkstra, over a plain list: networks here have at most a few thousand sites. */
function cheapestWays(root: number, neighbours: readonly (readonly Neighbour[])[]): (Step | undefined)[] {
  const steps: (Step | undefined)[] = neighbours.map(() => undefined);
  const costs = neighbours.map(() => Number.POSITIVE_INFINITY);
  const hops = neighbours.map(() => 0);
  costs[root] = 0;
  const open = new Set([root]);
  while (open.size > 0) {
    const site = cheapest(open, costs, hops);
    open.delete(site);
    for (const next of neighbours[site] ?? []) {
      const cost = (costs[site] ?? 0) + next.cost;
      const hop = (hops[site] ?? 0) + 1;
      const known = costs[next.site] ?? 0;
      if (cost > known || (cost === known && hop >= (hops[next.site] ?? 0))) continue;
      costs[next.site] = cost;
      hops[next.site] = hop;
      steps[next.site] = { link: next.link, before: site };
      open.add(next.site);
    }
  }
  return steps;
}

function cheapest(open: ReadonlySet<number>, costs: readonly number[], hops: readonly number[]): number {
  let best = -1;
  for (const site of open) {
    const difference = best === -1 ? -1 : (costs[site] ?? 0) - (costs[best] ?? 0);
    if (difference < 0 || (difference === 0 && (hops[site] ?? 0) < (hops[best] ?? 0))) best = site;
  }
  return best;
}
