import { describe, expect, it } from 'vitest';
import { type ClusterMap, clusterMap, type MapPlan, type MapShape } from './cluster-map.ts';

function mapOf(shape: MapShape, reach: MapPlan['reach'] = 'any'): ClusterMap {
  return clusterMap({ shape, reach, link: { baseMs: 10, jitterMs: 2 } });
}

function routeNames({ network }: ClusterMap, from: number, to: number): string[] {
  return network.route(from, to).map((link) => network.linkName(link));
}

describe('maps', () => {
  it('E40: in a full mesh every pair has a link of its own', () => {
    const map = mapOf({ kind: 'full', nodes: 7 });
    const links = new Set<number>();
    for (let a = 0; a < 7; a++) {
      for (let b = a + 1; b < 7; b++) {
        const [link = -1, ...more] = map.network.route(a, b);
        expect(more).toEqual([]);
        expect(map.network.route(b, a)).toEqual([link]);
        expect(map.network.linkName(link)).toBe(`n${a}-n${b}`);
        links.add(link);
      }
    }
    expect([...links].sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, link) => link));
    expect(map.network.links).toBe(21);
  });

  it('E40: a line, a ring and a grid are crossed by the shortest way, at so much a link', () => {
    const line = mapOf({ kind: 'line', nodes: 5 });
    expect(routeNames(line, 3, 1).sort()).toEqual(['n1-n2', 'n2-n3']);
    expect(line.latency(0, 4)).toEqual({ baseMs: 40, jitterMs: 8 });
    const ring = mapOf({ kind: 'ring', nodes: 6 });
    expect(routeNames(ring, 1, 5).sort()).toEqual(['n0-n1', 'n5-n0']);
    const grid = mapOf({ kind: 'grid', nodes: 11 });
    expect(grid.network.links).toBe(15);
    for (let a = 0; a < 11; a++) {
      for (let b = 0; b < 11; b++) {
        const far = Math.abs((a % 4) - (b % 4)) + Math.abs(Math.floor(a / 4) - Math.floor(b / 4));
        expect(grid.network.route(a, b)).toHaveLength(far);
        for (const name of routeNames(grid, a, b)) expect(name).toMatch(/^\(\d,\d\)-\(\d,\d\)$/);
      }
    }
  });

  it('E40: regions have a link within each and one between any two, as far as they are told', () => {
    const regions = [
      { name: 'eu', sites: 2 },
      { name: 'us', sites: 3 },
    ];
    const map = mapOf({ kind: 'regions', regions, between: [{ regions: ['us', 'eu'], latencyMs: 45 }] });
    expect(routeNames(map, 0, 1)).toEqual(['within eu']);
    expect(routeNames(map, 4, 2)).toEqual(['within us']);
    expect(routeNames(map, 4, 1)).toEqual(['eu-us']);
    expect(map.latency(1, 2)).toEqual({ baseMs: 45, jitterMs: 2 });
    expect(map.latency(2, 3)).toEqual({ baseMs: 10, jitterMs: 2 });
    expect([0, 1, 2, 3, 4].map((node) => map.regionOf(node))).toEqual(['eu', 'eu', 'us', 'us', 'us']);
    expect(map.network.siteName(3)).toBe('us-1');
  });

  it('E40: in a drawn network the cheapest way is taken, and the shortest of equally cheap ones', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    const links = [
      { between: [0, 3], latencyMs: 100 },
      { between: [0, 1], latencyMs: 20 },
      { between: [1, 2], latencyMs: 30, jitterMs: 1 },
      { between: [2, 3], latencyMs: 30 },
      { between: [1, 3], latencyMs: 60 },
    ] as const;
    const map = mapOf({ kind: 'drawn', nodes, links });
    expect(routeNames(map, 0, 3).sort()).toEqual(['a-b', 'b-d']);
    expect(map.latency(3, 0)).toEqual({ baseMs: 80, jitterMs: 4 });
    expect(map.latency(1, 2)).toEqual({ baseMs: 30, jitterMs: 1 });
  });

  it('E41: anybody reaches anybody over the routes, or neighbours alone do', () => {
    const any = mapOf({ kind: 'line', nodes: 4 }).topology;
    expect(any.connects(0, 3)).toBe(true);
    expect([0, 1, 3].map((node) => any.seedsOf(node))).toEqual([[1], [0], [0]]);
    const neighbours = mapOf({ kind: 'line', nodes: 4 }, 'neighbours').topology;
    expect(neighbours.connects(0, 3)).toBe(false);
    expect(neighbours.connects(2, 3)).toBe(true);
    expect(neighbours.seedsOf(1)).toEqual([0, 2]);
  });

  it('E41: what no link leads to is out of reach; who only dials is nobody’s seed', () => {
    const nodes = [{ name: 'a', dialOnly: true }, { name: 'b' }, { name: 'c', region: 'far' }, { name: 'd' }];
    const map = mapOf({ kind: 'drawn', nodes, links: [{ between: [0, 1] }, { between: [1, 2] }] });
    expect(map.topology.connects(0, 2)).toBe(true);
    expect(map.topology.connects(0, 3)).toBe(false);
    expect(map.topology.dialOnly(0)).toBe(true);
    expect(map.topology.seedsOf(2)).toEqual([1]);
    expect(map.regionOf(2)).toBe('far');
    const seeds = [2, 1];
    const told = mapOf({ kind: 'drawn', nodes, links: [{ between: [0, 1] }], seeds });
    expect(told.topology.seedsOf(1)).toEqual([2]);
  });
});
