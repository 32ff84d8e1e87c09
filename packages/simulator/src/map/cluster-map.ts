import type { Topology } from '../cluster/topology.ts';
import type { LatencyProfile } from '../network/conditions.ts';
import { type GraphLink, graphNetwork } from './graph-network.ts';
import { gridNetwork, twoGridNetwork } from './grid-network.ts';
import { meshNetwork } from './mesh-network.ts';
import type { Network } from './network.ts';
import { type Region, regionNetwork } from './region-network.ts';

/** What a network looks like; see {@link clusterMap}. */
export type MapShape =
  | { readonly kind: 'full' | 'ring' | 'line' | 'grid'; readonly nodes: number }
  | { readonly kind: 'two-grid' }
  | {
      readonly kind: 'regions';
      readonly regions: readonly Region[];
      /** One way between two regions, by their names in either order. */
      readonly between: readonly {
        readonly regions: readonly [string, string];
        readonly latencyMs: number;
      }[];
    }
  | {
      readonly kind: 'drawn';
      readonly nodes: readonly DrawnNode[];
      readonly links: readonly DrawnLink[];
      /** Nodes that all others are told of at their start. */
      readonly seeds?: readonly number[];
    };

export interface DrawnNode {
  readonly name: string;
  readonly region?: string;
  /** It dials others and cannot be dialled, as behind NAT. */
  readonly dialOnly?: boolean;
}

export interface DrawnLink {
  /** Nodes by number. */
  readonly between: readonly [number, number];
  readonly latencyMs?: number;
  readonly jitterMs?: number;
}

export interface MapPlan {
  readonly shape: MapShape;
  /** One way over a link that has no other. */
  readonly link: LatencyProfile;
  /** Who can open a connection to whom: everybody over the network's routes, or those with a link between them. */
  readonly reach: 'any' | 'neighbours';
}

/** A network as nodes live on it. */
export interface ClusterMap {
  readonly network: Network;
  readonly topology: Topology;
  /** From end to end, over all links of the route. */
  latency(from: number, to: number): LatencyProfile;
  regionOf(node: number): string;
}

export function clusterMap({ shape, link, reach }: MapPlan): ClusterMap {
  const network = networkOf(shape, link);
  const { sites } = network;
  const onLink = linkLatency(shape, link, network);
  const nodes = Array.from({ length: sites }, (_, node) => node);
  const neighbours = (a: number, b: number): boolean => network.route(a, b).length === 1;
  const isDialOnly = (node: number): boolean => drawnNode(shape, node)?.dialOnly === true;
  const homes =
    shape.kind === 'regions'
      ? shape.regions.flatMap((region) => Array.from({ length: region.sites }, () => region.name))
      : [];
  const given = shape.kind === 'drawn' ? shape.seeds : undefined;
  const dialable = nodes.filter((node) => !isDialOnly(node));
  return {
    network,
    topology: {
      connects: reach === 'any' ? connected(network) : neighbours,
      dialOnly: isDialOnly,
      seedsOf(node) {
        const others = (given ?? dialable).filter((other) => other !== node);
        if (reach === 'any') return given === undefined ? others.slice(0, 1) : others;
        return dialable.filter((other) => other !== node && neighbours(node, other));
      },
    },
    latency(from, to) {
      const total = { baseMs: 0, jitterMs: 0 };
      for (const crossed of network.route(from, to)) {
        total.baseMs += onLink(crossed).baseMs;
        total.jitterMs += onLink(crossed).jitterMs;
      }
      return total;
    },
    regionOf: (node) => homes[node] ?? drawnNode(shape, node)?.region ?? '',
  };
}

function networkOf(shape: MapShape, { baseMs }: LatencyProfile): Network {
  switch (shape.kind) {
    case 'full':
      return meshNetwork(shape.nodes);
    case 'ring':
      return graphNetwork(numbered(shape.nodes), [...chain(shape.nodes), ...closing(shape.nodes)]);
    case 'line':
      return graphNetwork(numbered(shape.nodes), chain(shape.nodes));
    case 'grid':
      return gridNetwork(shape.nodes);
    case 'two-grid':
      return twoGridNetwork();
    case 'regions':
      return regionNetwork(shape.regions);
    case 'drawn':
      return graphNetwork(
        shape.nodes.map(({ name }) => name),
        shape.links.map(({ between, latencyMs = baseMs }) => ({ between, cost: latencyMs })),
      );
  }
}

function linkLatency(
  shape: MapShape,
  usual: LatencyProfile,
  network: Network,
): (link: number) => LatencyProfile {
  if (shape.kind === 'drawn') {
    return (link) => {
      const { latencyMs = usual.baseMs, jitterMs = usual.jitterMs } = shape.links[link] ?? {};
      return { baseMs: latencyMs, jitterMs };
    };
  }
  if (shape.kind !== 'regions') return () => usual;
  const latencies = new Map(
    shape.between.flatMap(({ regions: [a, b], latencyMs }) =>
      [`${a}-${b}`, `${b}-${a}`].map(
        (name) => [name, { baseMs: latencyMs, jitterMs: usual.jitterMs }] as const,
      ),
    ),
  );
  return (link) => latencies.get(network.linkName(link)) ?? usual;
}

function drawnNode(shape: MapShape, node: number): DrawnNode | undefined {
  return shape.kind === 'drawn' ? shape.nodes[node] : undefined;
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, site) => `n${site}`);
}

function chain(count: number): GraphLink[] {
  return Array.from({ length: count - 1 }, (_, site) => ({ between: [site, site + 1], cost: 1 }));
}

function closing(count: number): GraphLink[] {
  return count > 2 ? [{ between: [count - 1, 0], cost: 1 }] : [];
}

/** Asked for every frame: the answer is the same for all pairs of a network in one piece. */
function connected(network: Network): (a: number, b: number) => boolean {
  const isWhole = Array.from({ length: network.sites }, (_, site) => site).every(
    (site) => site === 0 || network.route(0, site).length > 0,
  );
  return isWhole ? () => true : (a, b) => network.route(a, b).length > 0;
}
