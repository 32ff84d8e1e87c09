import type { Random } from '@hearsay/core';

/** Who has a link to whom: each site's neighbours, both ways. */
export type Overlay = readonly (readonly number[])[];

/** Every pair linked. */
export function fullMesh(sites: number): Overlay {
  return Array.from({ length: sites }, (_, site) =>
    Array.from({ length: sites }, (_, other) => other).filter((other) => other !== site),
  );
}

/**
 * A random connected overlay in which every site has `degree` neighbours, as settled active views do: a ring for
 * connection, then links between random sites that still want one. A few sites may stay one short.
 */
export function randomOverlay(sites: number, degree: number, random: Random): Overlay {
  const links = Array.from({ length: sites }, () => new Set<number>());
  const link = (one: number, other: number): void => {
    links[one]?.add(other);
    links[other]?.add(one);
  };
  const ring = random.shuffled(links.map((_, site) => site));
  for (const [index, site] of ring.entries()) link(site, ring[(index + 1) % sites] ?? 0);
  let wanting = ring.filter((site) => (links[site]?.size ?? 0) < degree);
  for (let failures = 0; wanting.length > 1 && failures < sites * 10; ) {
    const one = random.pick(wanting) ?? 0;
    const other = random.pick(wanting) ?? 0;
    if (one === other || links[one]?.has(other)) {
      failures++;
      continue;
    }
    link(one, other);
    wanting = wanting.filter((site) => (links[site]?.size ?? 0) < degree);
  }
  return links.map((neighbours) => [...neighbours]);
}
