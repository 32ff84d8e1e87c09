import { describe, expect, it } from 'vitest';
import { resultOf } from '../experiment.ts';
import type { MapShape } from '../map/cluster-map.ts';
import type { SpreadReport } from '../spread/report.ts';
import { type EpidemicPlan, epidemicExperiment } from './epidemic-experiment.ts';
import { paperAntiEntropy, paperRumour } from './paper.ts';

function planOf(shape: MapShape, plan: Partial<EpidemicPlan> = {}): EpidemicPlan {
  return {
    label: 'row',
    map: { shape, link: { baseMs: 1, jitterMs: 0 }, reach: 'any' },
    config: paperRumour,
    exponent: 0,
    view: null,
    ...plan,
  };
}

function reportOf(plan: EpidemicPlan, runs: number): SpreadReport {
  return resultOf(epidemicExperiment([plan], { runs, seed: 'epidemics' }));
}

describe('the rumour machines alone', () => {
  it('E48: on a full mesh they do what the paper’s table says', () => {
    const [row] = reportOf(
      planOf({ kind: 'full', nodes: 1000 }, { config: { ...paperRumour, k: 2 } }),
      30,
    ).rows;
    expect(row?.figures.residue?.mean).toBeCloseTo(0.037, 2);
    expect(row?.figures.traffic?.mean).toBeCloseTo(3.3, 1);
    expect(row?.spread[0]).toEqual({ at: 0, susceptible: 999, infective: 1, removed: 0 });
    expect(row?.spread.at(-1)).toMatchObject({ infective: 0 });
  });

  it('E48: partners by distance take the load off the joint of the two grids', () => {
    const loadOf = (exponent: number): number => {
      const [row] = reportOf(planOf({ kind: 'two-grid' }, { config: paperAntiEntropy, exponent }), 5).rows;
      if (exponent === 0) expect(row?.worstLink).toBe('west(15,8)-east(0,5)');
      expect(row?.figures.residue?.mean).toBe(0);
      const joint = row?.links.find(({ link }) => link === 'west(15,8)-east(0,5)')?.load ?? 0;
      return joint / (row?.figures.observed?.mean ?? 1);
    };
    expect(loadOf(0)).toBeGreaterThan(65);
    expect(loadOf(0)).toBeLessThan(85);
    expect(loadOf(2)).toBeLessThan(4);
  });

  it('E48: partners can be those of a partial view, or neighbours', () => {
    const [views] = reportOf(
      planOf({ kind: 'full', nodes: 100 }, { config: { ...paperRumour, k: 3 }, view: 4 }),
      1,
    ).rows;
    // A ring for connection and links to fill up: four each.
    expect(views?.links.length).toBeLessThanOrEqual(200);
    const plan = planOf({ kind: 'ring', nodes: 12 }, { config: paperAntiEntropy });
    const [ring] = reportOf({ ...plan, map: { ...plan.map, reach: 'neighbours' } }, 2).rows;
    expect(ring?.figures.residue?.mean).toBe(0);
    expect(ring?.links).toHaveLength(12);
    expect(ring?.figures.tLast?.mean).toBeGreaterThanOrEqual(3);
  });

  it('E48: where links are too many to be counted the rest is told', () => {
    const experiment = epidemicExperiment([planOf({ kind: 'full', nodes: 2100 })], { runs: 1, seed: 'many' });
    const [row] = resultOf(experiment).rows;
    expect(row?.figures.traffic?.mean).toBeGreaterThan(1);
    expect(row?.links).toEqual([]);
    expect(row?.figures.linkMean).toBeUndefined();
  });

  it('E47: before the first run is over there is no row, and the same seed gives the same report', () => {
    const plan = planOf({ kind: 'full', nodes: 50 });
    const experiment = epidemicExperiment([plan], { runs: 2, seed: 'epidemics' });
    expect(experiment.run().next().done).toBe(false);
    expect(experiment.result().rows).toEqual([]);
    expect(reportOf(plan, 2)).toEqual(reportOf(plan, 2));
  });
});
