import { createRandom } from '@hearsay/core';
import { defaultRumourConfig } from '@hearsay/gossip-sync';
import { describe, expect, it } from 'vitest';
import { resultOf } from '../experiment.ts';
import type { BroadcastOptions, BroadcastStrategy } from './broadcast.ts';
import { type BroadcastRow, broadcastExperiment } from './broadcast-experiment.ts';
import { fullMesh, type Overlay, randomOverlay } from './overlay-graph.ts';
import { paperRumour } from './paper.ts';

type Figures = BroadcastRow['figures'];

function measure(options: BroadcastOptions, runs: number, onRun: (at: string) => void = () => {}): Figures {
  const plan = { label: 'row', ...options };
  const experiment = broadcastExperiment([plan], { runs, seed: 'broadcast' });
  const [row] = resultOf(experiment, ({ at }) => onRun(at)).rows;
  if (row === undefined) throw new Error('no row');
  expect(row).toMatchObject({ label: 'row', runs });
  return row.figures;
}

function broadcast(strategy: BroadcastStrategy, payloadBytes = 100, runs = 20): Figures {
  const overlay = (random: ReturnType<typeof createRandom>): Overlay => randomOverlay(100, 6, random);
  return measure({ overlay, strategy, latencyMs: [5, 50], payloadBytes }, runs);
}

describe('broadcast over partial views', () => {
  it('E12: the shipping rumours reach all with half the payloads of flooding, within five rounds of it', () => {
    const shipping = broadcast(defaultRumourConfig);
    const flooding = broadcast('flooding');
    expect(shipping.residue.mean).toBe(0);
    expect(flooding.payloads.mean).toBeCloseTo(5.05, 1);
    expect(shipping.payloads.mean).toBeLessThan(flooding.payloads.mean * 0.55);
    expect(shipping.lastMs.mean - flooding.lastMs.mean).toBeLessThan(5 * 100);
  });

  it('E12: the paper’s push without feedback on size or holders costs more and leaves some out', () => {
    const plain = broadcast({ ...paperRumour, k: 3, intervalMs: 100 });
    expect(plain.residue.mean).toBeGreaterThan(0.002);
    expect(plain.payloads.mean).toBeGreaterThan(broadcast(defaultRumourConfig).payloads.mean);
  });

  it('E12: large payloads arrive once', () => {
    const large = broadcast(defaultRumourConfig, 100_000);
    expect(large.payloads.mean).toBeGreaterThan(0.99);
    expect(large.payloads.mean).toBeLessThanOrEqual(1);
    expect(large.residue.mean).toBeLessThan(0.005);
  });

  it('E12: in a full mesh flooding sends each site a payload over every link but one', () => {
    const seen: string[] = [];
    const options = { strategy: 'flooding', latencyMs: [1, 1], payloadBytes: 1 } as const;
    const { payloads, lastMs } = measure({ ...options, overlay: () => fullMesh(20) }, 2, (at) =>
      seen.push(at),
    );
    expect(seen).toEqual(['row, run 1/2', 'row, run 2/2']);
    // The origin sends n - 1, every other n - 2.
    expect(payloads.mean).toBeCloseTo((19 + 19 * 18) / 19, 9);
    expect(lastMs.mean).toBe(1);
  });

  it('E13: a random overlay is connected, symmetric and of the degree asked for', () => {
    for (const seed of ['a', 'b', 'c']) {
      const overlay = randomOverlay(200, 6, createRandom(seed));
      const seen = new Set([0]);
      for (const site of seen) for (const other of overlay[site] ?? []) seen.add(other);
      expect(seen.size).toBe(200);
      for (const [site, neighbours] of overlay.entries()) {
        expect(neighbours.length).toBeLessThanOrEqual(6);
        for (const other of neighbours) expect(overlay[other]).toContain(site);
      }
      const short = overlay.filter((neighbours) => neighbours.length < 6);
      expect(short.length).toBeLessThanOrEqual(4);
    }
  });

  it('E7: the same seed gives the same broadcast', () => {
    expect(broadcast(defaultRumourConfig, 100, 2)).toEqual(broadcast(defaultRumourConfig, 100, 2));
  });
});
