import { describe, expect, it } from 'vitest';
import type { MapShape } from '../map/cluster-map.ts';
import { clusterExperiment } from './cluster-experiment.ts';
import type { SpreadFigure, SpreadReport, SpreadRow } from './report.ts';
import { type Faults, noFaults, type Scenario, type Strategy } from './scenario.ts';

interface Wish {
  readonly shape?: MapShape;
  readonly strategy?: Partial<Strategy>;
  readonly faults?: Partial<Faults>;
  readonly updates?: number;
  readonly documents?: number;
  readonly runs?: number;
  readonly seed?: string;
  readonly reach?: 'neighbours';
}

function scenarioOf({ shape, strategy, faults, updates = 12, documents, reach = undefined }: Wish): Scenario {
  return {
    map: {
      shape: shape ?? { kind: 'full', nodes: 6 },
      link: { baseMs: 5, jitterMs: 5 },
      reach: reach ?? 'any',
    },
    strategy: { news: 'policy', repair: true, options: {}, ...strategy },
    workload: { updates, rate: 10, textBytes: 50, documents: documents ?? null },
    faults: { ...noFaults, ...faults },
    patienceMs: 120_000,
  };
}

async function reportOf(wish: Wish): Promise<SpreadReport> {
  const { runs = 1, seed = 'spread' } = wish;
  const experiment = clusterExperiment({ rows: [{ label: 'row', scenario: scenarioOf(wish) }], runs, seed });
  let share = 0;
  for await (const progress of experiment.run()) {
    expect(progress.share).toBeGreaterThanOrEqual(share);
    share = progress.share;
  }
  return experiment.result();
}

async function rowOf(wish: Wish): Promise<SpreadRow> {
  const [row] = (await reportOf(wish)).rows;
  if (row === undefined) throw new Error('no row');
  return row;
}

function means({ figures }: SpreadRow): Partial<Record<SpreadFigure, number>> {
  return Object.fromEntries(Object.entries(figures).map(([figure, { mean }]) => [figure, mean]));
}

describe('a cluster of whole nodes', () => {
  it('E42: mail in a full mesh brings every update everywhere with one payload each', async () => {
    const row = await rowOf({});
    expect(means(row)).toMatchObject({ residue: 0, residueAtEnd: 0, redundancy: 1, equal: 1 });
    expect(row.figures.traffic?.mean).toBeCloseTo(5 / 6, 9);
    expect(row.figures.tAverage?.mean).toBeGreaterThanOrEqual(5);
    expect(row.figures.tLast?.mean).toBeLessThanOrEqual(11);
    expect(row.links).toHaveLength(15);
  });

  it('E42: updates of one document arrive as well', async () => {
    expect(means(await rowOf({ documents: 2 }))).toMatchObject({ residueAtEnd: 0, equal: 1 });
  });

  it('E43: what goes over a link is what all pairs send whose route crosses it', async () => {
    const row = await rowOf({ shape: { kind: 'line', nodes: 6 } });
    const load = (link: string): number => row.links.find((each) => each.link === link)?.load ?? 0;
    // Over the middle go 3 x 3 pairs, over the end 1 x 5.
    expect(row.worstLink).toBe('n2-n3');
    expect(load('n2-n3') / load('n0-n1')).toBeGreaterThan(1.4);
    expect(load('n2-n3') / load('n0-n1')).toBeLessThan(2.2);
    expect(row.figures.linkLargest?.mean).toBe(load('n2-n3'));
    expect(row.figures.linkMean?.mean).toBeCloseTo(
      row.links.reduce((sum, link) => sum + link.load, 0) / row.links.length,
      6,
    );
  });

  it('E44: a partition keeps updates apart until it heals', async () => {
    const partitions = [{ groups: [50, 50], fromMs: 0, untilMs: 8000 }];
    const row = await rowOf({ faults: { partitions } });
    expect(means(row)).toMatchObject({ residueAtEnd: 0, equal: 1 });
    const lacking = row.spread.filter(({ at }) => at > 3000 && at < 7900).map((moment) => moment.susceptible);
    // Twelve updates, each unknown to the other three.
    expect(Math.max(...lacking)).toBe(36);
    expect(row.spread.at(-1)?.susceptible).toBe(0);
  });

  it('E44: groups and victims can be named', async () => {
    const shape = {
      kind: 'regions',
      between: [],
      regions: [
        { name: 'eu', sites: 2 },
        { name: 'us', sites: 3 },
      ],
    } as const;
    const partitions = [{ groups: [['us-2', 'eu']], fromMs: 0, untilMs: 6000 }];
    const row = await rowOf({ shape, faults: { partitions } });
    expect(means(row)).toMatchObject({ residueAtEnd: 0, equal: 1 });
    // Three against two, whichever of them an update enters at.
    const most = Math.max(...row.spread.map(({ susceptible }) => susceptible));
    expect(most).toBeGreaterThanOrEqual(24);
    expect(most).toBeLessThanOrEqual(40);
  });

  it('E44: nodes that crash come back and catch up; those that do not are not waited for', async () => {
    const back = [{ who: 0.5, atMs: 300, backMs: 4000 }];
    expect(means(await rowOf({ faults: { crashes: back } }))).toMatchObject({ residueAtEnd: 0, equal: 1 });
    const gone = await rowOf({ faults: { crashes: [{ who: 'n3', atMs: 0, backMs: null }] } });
    expect(means(gone)).toMatchObject({ residueAtEnd: 0, equal: 1 });
    expect(gone.figures.redundancy?.mean).toBeCloseTo(4 / 5, 6);
    expect(gone.figures.observed?.mean).toBeLessThan(10_000);
  });

  it('E45: loss and frames held up delay arrivals, duplicates and overtaken frames break nothing', async () => {
    const still = await rowOf({});
    const lost = await rowOf({ faults: { loss: 0.3 } });
    const held = await rowOf({ faults: { stragglers: { share: 0.2, extraMs: 300 } } });
    const odd = await rowOf({ faults: { duplicated: 0.1, reordered: 0.1 } });
    for (const row of [lost, held, odd]) expect(means(row)).toMatchObject({ residueAtEnd: 0, equal: 1 });
    for (const row of [lost, held]) {
      expect(row.figures.tAverage?.mean).toBeGreaterThan(2 * (still.figures.tAverage?.mean ?? 0));
    }
  });

  it('E46: mail, rumours and anti-entropy can each be had alone', async () => {
    const mail = await rowOf({ strategy: { news: 'mail', repair: false } });
    expect(means(mail)).toMatchObject({ residue: 0, redundancy: 1, equal: 1 });
    const rumours = await rowOf({ strategy: { news: 'rumour', repair: false }, updates: 6 });
    expect(rumours.figures.residue?.mean).toBe(rumours.figures.residueAtEnd?.mean);
    expect(rumours.figures.redundancy?.mean).toBeGreaterThan(0.9);
    expect(rumours.spread.some(({ infective }) => infective > 0)).toBe(true);
    const repair = await rowOf({ strategy: { news: 'none', repair: true }, updates: 3 });
    expect(means(repair)).toMatchObject({ residue: 1, residueAtEnd: 0, equal: 1 });
    expect(repair.figures.tLast?.mean).toBeGreaterThan(1000);
    expect(repair.spread.every(({ infective }) => infective === 0)).toBe(true);
  });

  it('E46: neighbours alone reach each other, and all arrives', async () => {
    const row = await rowOf({ shape: { kind: 'ring', nodes: 6 }, reach: 'neighbours' });
    expect(means(row)).toMatchObject({ residueAtEnd: 0, equal: 1 });
    expect(row.links.map(({ link }) => link).sort()).toEqual([
      'n0-n1',
      'n1-n2',
      'n2-n3',
      'n3-n4',
      'n4-n5',
      'n5-n0',
    ]);
  });

  it('E47: the same seed gives the same report, a run the same whatever runs follow', async () => {
    const wish = { faults: { loss: 0.1, crashes: [{ who: 0.3, atMs: 500, backMs: 900 }] }, updates: 8 };
    const once = await reportOf(wish);
    expect(await reportOf(wish)).toEqual(once);
    expect(await reportOf({ ...wish, seed: 'other' })).not.toEqual(once);
    const [twice] = (await reportOf({ ...wish, runs: 2 })).rows;
    expect(twice?.runs).toBe(2);
    expect(twice?.spread).toEqual(once.rows[0]?.spread);
  });

  it('E47: at any moment there is a report of what has been done', async () => {
    const scenario = scenarioOf({});
    const rows = [
      { label: 'first', scenario },
      { label: 'second', scenario },
    ];
    const experiment = clusterExperiment({ rows, runs: 2, seed: 'left' });
    const seen: string[] = [];
    for await (const { share } of experiment.run()) {
      const { rows: reported } = experiment.result();
      const state = reported
        .map(({ label, runs, isCutShort }) => `${label} ${isCutShort ? 'cut' : runs}`)
        .join();
      if (state !== seen.at(-1)) seen.push(state);
      if (share > 0.7) break;
    }
    expect(seen).toEqual(['', 'first cut', 'first 1', 'first 2', 'first 2,second cut']);
  });
});
