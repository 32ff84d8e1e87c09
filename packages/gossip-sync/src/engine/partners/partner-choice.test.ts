import { createRandom, isReplicaId, type ReplicaId } from '@hearsay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPartnerConfig, type PartnerConfig, partnerSettings } from './config.ts';
import { PartnerChoice, type PartnerFacts } from './partner-choice.ts';
import { cumulate, drawIndex, rankWeights } from './rank-weights.ts';

const exact: PartnerConfig = { exponent: 2, uniformShare: 0, candidates: 1, resolution: 0 };

function peer(number: number): ReplicaId {
  const id = number.toString(16).padStart(32, '0');
  if (!isReplicaId(id)) throw new Error(`not a replica id: ${id}`);
  return id;
}

function choice(
  config: Partial<PartnerConfig>,
  facts: readonly Omit<PartnerFacts, 'replicaId'>[],
): PartnerChoice {
  const partners = new PartnerChoice({
    config: { ...exact, ...config },
    random: createRandom('partners'),
    region: 'eu',
  });
  for (const [index, fact] of facts.entries()) partners.put({ replicaId: peer(index), ...fact });
  return partners;
}

function at(roundTripMs: number | null, region = 'eu'): Omit<PartnerFacts, 'replicaId'> {
  return { region, roundTripMs };
}

/** Shares of many picks, by peer number. */
function shares(partners: PartnerChoice, peers: number, draws = 40_000): number[] {
  const counts = new Map<ReplicaId | undefined, number>();
  for (let i = 0; i < draws; i++) {
    const picked = partners.pick(0);
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  return Array.from({ length: peers }, (_, index) => (counts.get(peer(index)) ?? 0) / draws);
}

/** Within five standard deviations of a binomial share of 40,000. */
function expectShares(measured: readonly number[], expected: readonly number[]): void {
  expect(measured).toHaveLength(expected.length);
  for (const [index, share] of measured.entries()) {
    const p = expected[index] ?? Number.NaN;
    expect(Math.abs(share - p), `peer ${index}: ${share} not ${p}`).toBeLessThan(
      5 * Math.sqrt((p * (1 - p)) / 40_000) + 1e-9,
    );
  }
}

describe('partner choice', () => {
  it('P1: the peer of rank i is picked in proportion to i^-a', () => {
    const weights = [1, 1 / 4, 1 / 9, 1 / 16];
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const partners = choice({}, [at(10), at(20), at(40), at(80)]);
    expectShares(
      shares(partners, 4),
      weights.map((weight) => weight / sum),
    );
  });

  it('P1: peers at equal distance share the average of their ranks', () => {
    expect([...rankWeights([7, 1, 7, 3], 1)]).toEqual([(1 / 3 + 1 / 4) / 2, 1, (1 / 3 + 1 / 4) / 2, 1 / 2]);
  });

  it('P1: weights sum to the sum over all ranks and fall with distance', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 50 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (distances, exponent) => {
          const weights = [...rankWeights(distances, exponent)];
          const ranks = distances.reduce((sum, _, index) => sum + (index + 1) ** -exponent, 0);
          expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(ranks, 9);
          for (const [i, distance] of distances.entries()) {
            for (const [j, other] of distances.entries()) {
              if (distance === other) expect(weights[i]).toBe(weights[j]);
              else if (distance < other) expect(weights[i]).toBeGreaterThanOrEqual(weights[j] ?? Number.NaN);
            }
          }
        },
      ),
    );
  });

  it('P1: a draw falls on the weight its point lies on', () => {
    const cumulated = cumulate(Float64Array.of(1, 0, 3));
    expect([0, 0.24, 0.25, 0.999].map((point) => drawIndex(cumulated, point))).toEqual([0, 0, 2, 2]);
  });

  it('P2: regions rank before round trips, unmeasured peers after measured ones', () => {
    const partners = choice({}, [at(500), at(1, 'us'), at(null), at(null, 'us')]);
    const weights = [1, 1 / 9, 1 / 4, 1 / 16];
    const sum = weights.reduce((total, weight) => total + weight, 0);
    expectShares(
      shares(partners, 4),
      weights.map((weight) => weight / sum),
    );
  });

  it('P2: round trips closer than the resolution are equally far', () => {
    const partners = choice({ resolution: 0.5 }, [at(100), at(103)]);
    expectShares(shares(partners, 2), [0.5, 0.5]);
    const apart = choice({ resolution: 0.5 }, [at(100), at(200)]);
    expectShares(shares(apart, 2), [0.8, 0.2]);
  });

  it('P3: so large a share of picks ignores distance', () => {
    const partners = choice({ uniformShare: 0.4 }, [at(10), at(20)]);
    expectShares(shares(partners, 2), [0.6 * 0.8 + 0.4 * 0.5, 0.6 * 0.2 + 0.4 * 0.5]);
    expectShares(shares(choice({ exponent: 0 }, [at(10), at(20), at(30)]), 3), [1 / 3, 1 / 3, 1 / 3]);
  });

  it('P4: of the uniform draws the one unsynced for longest is taken, the never synced first', () => {
    const partners = choice({ exponent: 0, candidates: 2 }, [at(1), at(1), at(1)]);
    partners.synced(peer(0), 200);
    partners.synced(peer(1), 100);
    // Of two draws: the newest only if drawn twice, the oldest unless missed twice.
    expectShares(shares(partners, 3), [1 / 9, 3 / 9, 5 / 9]);
  });

  it('P4: picking and syncing in turn leaves nobody behind', () => {
    const partners = choice(
      { exponent: 0, candidates: 3 },
      Array.from({ length: 20 }, () => at(1)),
    );
    const last = new Map<ReplicaId, number>();
    let longest = 0;
    for (let now = 0; now < 2000; now++) {
      const picked = partners.pick(now);
      if (picked === undefined) throw new Error('nobody');
      longest = Math.max(longest, now - (last.get(picked) ?? 0));
      last.set(picked, now);
      partners.synced(picked, now);
    }
    expect(last.size).toBe(20);
    // Uniform picks alone would leave somebody waiting for over 150 rounds.
    expect(longest).toBeLessThan(90);
  });

  it('P5: peers come, move and go', () => {
    const partners = choice({}, []);
    expect(partners.pick(0)).toBeUndefined();
    partners.put({ replicaId: peer(1), ...at(10) });
    partners.put({ replicaId: peer(2), ...at(20) });
    expect(shares(partners, 3, 400)[1]).toBeGreaterThan(0.7);
    partners.put({ replicaId: peer(1), ...at(30) });
    expect(shares(partners, 3, 400)[2]).toBeGreaterThan(0.7);
    partners.delete(peer(2));
    expect(partners.pick(0)).toBe(peer(1));
    expect(partners.size).toBe(1);
  });

  it('P6: every setting states unit, formula, trade-off and origin', () => {
    for (const [name, setting] of Object.entries(partnerSettings)) {
      for (const text of [setting.unit, setting.formula, setting.tradeOff, setting.origin]) {
        expect(text, name).not.toBe('');
      }
      expect(defaultPartnerConfig).toHaveProperty(name, setting.default);
    }
  });
});
