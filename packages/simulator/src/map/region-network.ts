import type { Network } from './network.ts';

/** A region and how many sites it has. */
export interface Region {
  readonly name: string;
  readonly sites: number;
}

/** Regions, with one link for all that is said within each and one between any two of them. */
export function regionNetwork(regions: readonly Region[]): Network {
  const homes = regions.flatMap(({ sites }, region) => Array.from({ length: sites }, () => region));
  const firsts = regions.map((_, region) => homes.indexOf(region));
  const pairs = regions.flatMap((_, a) => regions.slice(a).map((_, beyond) => [a, a + beyond] as const));
  const name = (region: number): string => regions[region]?.name ?? '';
  const homeOf = (site: number): number => homes[site] ?? 0;
  return {
    sites: homes.length,
    links: pairs.length,
    route(from, to) {
      if (from === to) return [];
      const least = Math.min(homeOf(from), homeOf(to));
      const most = Math.max(homeOf(from), homeOf(to));
      return [pairs.findIndex(([a, b]) => a === least && b === most)];
    },
    siteName: (site) => `${name(homeOf(site))}-${site - (firsts[homeOf(site)] ?? 0)}`,
    linkName(link) {
      const [a, b] = pairs[link] ?? [0, 0];
      return a === b ? `within ${name(a)}` : `${name(a)}-${name(b)}`;
    },
  };
}
