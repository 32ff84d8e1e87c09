import type { Network } from './network.ts';

/** Every pair has a link of its own. */
export function meshNetwork(sites: number): Network {
  const siteName = (site: number): string => `n${site}`;
  // Pairs in rows: (0,1) (0,2) … (1,2) …
  const rowStart = (site: number): number => site * sites - (site * (site + 1)) / 2;
  return {
    sites,
    links: (sites * (sites - 1)) / 2,
    route(from, to) {
      if (from === to) return [];
      const least = Math.min(from, to);
      return [rowStart(least) + Math.max(from, to) - least - 1];
    },
    siteName,
    linkName(link) {
      let row = 0;
      while (rowStart(row + 1) <= link) row++;
      return `${siteName(row)}-${siteName(row + 1 + link - rowStart(row))}`;
    },
  };
}
