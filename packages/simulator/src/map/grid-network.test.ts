import { describe, expect, it } from 'vitest';
import { twoGridNetwork } from './grid-network.ts';

describe('the stand-in network', () => {
  const network = twoGridNetwork();

  it('E11: 300 sites, 554 links, routes of the same length both ways', () => {
    expect(network.sites).toBe(300);
    expect(network.links).toBe(554);
    for (let from = 0; from < 300; from += 7) {
      for (let to = 0; to < 300; to += 11) {
        expect(network.route(from, to)).toHaveLength(network.route(to, from).length);
      }
      expect(network.route(from, from)).toEqual([]);
    }
  });

  it('E11: a route between the grids crosses the joint once, one within a grid never', () => {
    for (let from = 0; from < 300; from += 3) {
      for (let to = 0; to < 300; to += 5) {
        const crossings = network.route(from, to).filter((link) => link === network.joint).length;
        expect(crossings).toBe(from < 256 === to < 256 ? 0 : 1);
      }
    }
  });

  it('E11: from corner to corner of the square it is thirty links', () => {
    expect(network.route(0, 255)).toHaveLength(30);
    expect(network.route(15 + 8 * 16, 256 + 5 * 4)).toEqual([network.joint]);
  });
});
