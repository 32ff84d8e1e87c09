import { defaultMembershipConfig, withoutLifeguard } from '@hearsay/gossip-sync';
import { expect, test } from 'vitest';
import { detectionExperiment } from './detection-experiment.ts';

test('F5: crashes are timed and false alarms counted for each configuration, as far as it was come', () => {
  const experiment = detectionExperiment({
    rows: [
      { label: 'with', config: defaultMembershipConfig },
      { label: 'without', config: withoutLifeguard(defaultMembershipConfig) },
    ],
    members: 10,
    latencyMs: [1, 30],
    loss: 0,
    slowness: { share: 0.2, runMs: 5000, pauseMs: 2500 },
    runs: 2,
    observedMs: 60_000,
    seed: 'report',
  });
  const known: string[] = [];
  let last = 0;
  for (const { share } of experiment.run()) {
    expect(share).toBeGreaterThan(last);
    last = share;
    known.push(
      experiment
        .result()
        .rows.map(({ crash, alarms }) => crash.firstSuspicion.runs + (alarms ? 'a' : ''))
        .join(),
    );
  }
  expect(last).toBe(1);
  expect(known).toEqual(['1', '2', '2a', '2a', '2a,1', '2a,2', '2a,2a', '2a,2a']);
  const [row] = experiment.result().rows;
  expect(row?.crash.deadToAll.mean).toBeGreaterThan(row?.crash.firstSuspicion.mean ?? 0);
  expect(row?.alarms?.nodeHours).toBeCloseTo(10 / 60, 9);
});
