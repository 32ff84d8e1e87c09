import { createRandom } from '@hearsay/core';
import type { RumourConfig } from '@hearsay/gossip-sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EpidemicRun, runEpidemic } from './cycle-world.ts';
import { type Estimate, Sample } from './estimate.ts';
import { lastUnit, standardErrorsOff } from './expect-estimate.ts';
import { paperAntiEntropy, paperRumour } from './paper.ts';
import { uniformPartners } from './uniform-partners.ts';

interface Setup {
  readonly sites?: number;
  /** Sites that know it at the start. */
  readonly infected?: number;
  readonly maxCycles?: number;
}

function epidemic(
  config: RumourConfig,
  seed: string,
  { sites = 1000, infected = 1, maxCycles }: Setup = {},
): EpidemicRun {
  return runEpidemic({
    sites,
    config,
    random: createRandom(seed),
    partners: uniformPartners,
    infected: Array.from({ length: infected }, (_, site) => site),
    ...(maxCycles === undefined ? {} : { maxCycles }),
  });
}

function estimate(runs: number, figure: (run: number) => number): Estimate {
  const sample = new Sample();
  for (let run = 0; run < runs; run++) sample.add(figure(run));
  return sample.estimate();
}

describe('laws of epidemics', () => {
  it.each([
    ['feedback', 'counter', 2],
    ['feedback', 'coin', 3],
    ['blind', 'counter', 3],
    ['blind', 'coin', 4],
  ] as const)(
    'E3: push leaves e^-m, whatever the stopping rule (%s, %s, k = %i)',
    (stopRule, stopMethod, k) => {
      const config = { ...paperRumour, stopRule, stopMethod, k };
      // A rumour that dies with its first few sites belongs to no law of large numbers.
      const runs = Array.from({ length: 80 }, (_, run) => epidemic(config, `law ${run}`)).filter(
        ({ residue }) => residue < 0.5,
      );
      const residue = estimate(runs.length, (run) => runs[run]?.residue ?? Number.NaN);
      const traffic = estimate(runs.length, (run) => runs[run]?.traffic ?? Number.NaN);
      const errors = Math.hypot(residue.halfWidth / residue.mean, traffic.halfWidth) / 2;
      expect(Math.abs(Math.log(residue.mean) + traffic.mean)).toBeLessThan(4 * errors);
    },
  );

  it('E3: feedback and counter end where s = e^-(k+1)(1-s)', () => {
    // The differential equation judges use at once; judged by cycles, k = 2 and more stay within a tenth of it.
    for (const k of [2, 3]) {
      const { mean } = estimate(60, (run) => epidemic({ ...paperRumour, k }, `ode ${run}`).residue);
      let residue = mean;
      for (let i = 0; i < 50; i++) residue = Math.exp(-(k + 1) * (1 - residue));
      expect(mean / residue).toBeGreaterThan(0.5);
      expect(mean / residue).toBeLessThan(1);
    }
  });

  it('E4: anti-entropy by pull squares the share of the susceptible, by push divides it by about e', () => {
    const sites = 1000;
    for (const susceptible of [500, 200, 50]) {
      const next = (direction: 'push' | 'pull'): Estimate =>
        estimate(60, (run) => {
          const config = { ...paperAntiEntropy, direction };
          const setup = { sites, infected: sites - susceptible, maxCycles: 1 };
          return epidemic(config, `end ${run}`, setup).history[1]?.susceptible ?? Number.NaN;
        });
      const pull = next('pull');
      const push = next('push');
      // A site never calls itself: of the other n - 1, one susceptible less.
      const pulled = (susceptible * (susceptible - 1)) / (sites - 1);
      const pushed = susceptible * (1 - 1 / (sites - 1)) ** (sites - susceptible);
      expect(Math.abs(pull.mean - pulled), `pull ${susceptible}`).toBeLessThan(2 * pull.halfWidth);
      expect(Math.abs(push.mean - pushed), `push ${susceptible}`).toBeLessThan(2 * push.halfWidth);
    }
  });

  it('E4: from one site of 1000 anti-entropy takes 18.1 cycles by push, 13.8 by pull, 9.2 by both', () => {
    for (const [direction, cycles] of [
      ['push', 18.1],
      ['pull', 13.8],
      ['push-pull', 9.2],
    ] as const) {
      const tLast = estimate(
        40,
        (run) => epidemic({ ...paperAntiEntropy, direction }, `spread ${run}`).tLast,
      );
      expect(standardErrorsOff(tLast, cycles, 0.1), direction).toBeLessThan(4);
    }
  });

  it('E5: anti-entropy leaves no residue, from whatever state it starts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('push', 'pull', 'push-pull'),
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(null, 1, 2),
        fc.string(),
        (direction, sites, share, connectionLimit, seed) => {
          const infected = Math.max(1, Math.floor(share * sites));
          const run = epidemic({ ...paperAntiEntropy, direction, connectionLimit }, seed, {
            sites,
            infected,
          });
          expect(run.residue).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('E5: a rumour reaches sites only by messages: as many useful ones as sites', () => {
    const { history, traffic, residue } = epidemic({ ...paperRumour, k: 2 }, 'counted');
    expect(traffic).toBeGreaterThan(1 - residue - 1 / 1000);
    for (const { susceptible, infective, removed } of history)
      expect(susceptible + infective + removed).toBe(1000);
    expect(history.at(-1)).toMatchObject({ infective: 0, susceptible: Math.round(residue * 1000) });
  });

  it('E9: push does better under a connection limit of 1, pull worse, and hunting helps', () => {
    const residue = (variant: Partial<RumourConfig>): Estimate =>
      estimate(
        60,
        (run) => epidemic({ ...paperRumour, connectionLimit: 1, ...variant }, `limit ${run}`).residue,
      );
    expect(standardErrorsOff(residue({ k: 2 }), 0.02, lastUnit(0.02, 2))).toBeLessThan(4);
    expect(standardErrorsOff(residue({ k: 3 }), 0.0036, lastUnit(0.0036, 2))).toBeLessThan(4);
    const pull = residue({ direction: 'pull', k: 3 });
    const hunting = residue({ direction: 'pull', k: 3, huntLimit: 4 });
    expect(standardErrorsOff(pull, 0.0048, lastUnit(0.0048, 2))).toBeLessThan(4);
    expect(standardErrorsOff(hunting, 0.0016, lastUnit(0.0016, 2))).toBeLessThan(4);
    expect(hunting.mean).toBeLessThan(pull.mean);
  });

  it('E10: 10,000 sites behave as 1,000 do', () => {
    const { residue, traffic, tLast } = epidemic({ ...paperRumour, k: 2 }, 'large', { sites: 10_000 });
    expect(Math.abs(Math.log(residue) + traffic)).toBeLessThan(0.1);
    // log2 n + ln n and a few.
    expect(tLast).toBeGreaterThan(Math.log2(10_000));
    expect(tLast).toBeLessThan(Math.log2(10_000) + Math.log(10_000) + 6);
  });
});
