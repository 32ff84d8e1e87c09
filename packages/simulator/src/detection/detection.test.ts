import { defaultMembershipConfig, withoutLifeguard } from '@hearsay/gossip-sync';
import { describe, expect, it } from 'vitest';
import { resultOf } from '../experiment.ts';
import {
  alarmExperiment,
  type CrashDetection,
  type CrashOptions,
  crashExperiment,
  type FalseAlarmOptions,
  type FalseAlarms,
} from './detection.ts';

const lifeguard = defaultMembershipConfig;
const plain = withoutLifeguard(defaultMembershipConfig);
const cluster = { members: 100, latencyMs: [1, 30], loss: 0.01, seed: 'detection', slowness: null } as const;
const slowness = { share: 0.1, runMs: 5000, pauseMs: 2500 };

function measureCrashDetection(options: CrashOptions, onProgress?: () => void): CrashDetection {
  return resultOf(crashExperiment(options), onProgress);
}

function measureFalseAlarms(options: FalseAlarmOptions): FalseAlarms {
  return resultOf(alarmExperiment(options));
}

describe('failure detection at 100 members', () => {
  it('F1: a member whose power fails is suspected in about 1.58 periods and a second, and known dead to all soon after', () => {
    const options: CrashOptions = { ...cluster, config: lifeguard, runs: 8, isClosed: false };
    const { firstSuspicion, suspectedByAll, firstDeath, deadToAll } = measureCrashDetection(options);
    // Until its first probe (at most a period on, for one of 99 probers), and that probe's period.
    expect(firstSuspicion.mean).toBeGreaterThan(1000);
    expect(firstSuspicion.mean).toBeLessThan(2580 + 2 * firstSuspicion.halfWidth);
    // log4(100) rounds of 200 ms and a tail.
    expect(suspectedByAll.mean - firstSuspicion.mean).toBeLessThan(2000);
    // 8 s once confirmed twice.
    expect(firstDeath.mean - firstSuspicion.mean).toBeGreaterThan(7900);
    expect(deadToAll.mean - firstSuspicion.mean).toBeLessThan(11_000);
  });

  it('F1: closing sockets are noticed sooner', () => {
    const options: CrashOptions = { ...cluster, config: lifeguard, runs: 4, isClosed: true };
    const { firstSuspicion } = measureCrashDetection(options);
    expect(firstSuspicion.mean).toBeLessThan(1200);
  });

  it('F2: nobody is suspected where all are well, at one per cent of loss', () => {
    const alarms = measureFalseAlarms({ ...cluster, config: lifeguard, observedMs: 300_000 });
    expect(alarms).toMatchObject({ suspicionsOfHealthy: 0, deathsOfHealthy: 0 });
    // A ping and an ack each second, and what is left over.
    expect(alarms.messageRate).toBeLessThan(2.6);
  });

  it('F2: with ten per cent of slow members Lifeguard suspects the well ten times less often', () => {
    const observed = { ...cluster, slowness, observedMs: 300_000 };
    const before = measureFalseAlarms({ ...observed, config: plain });
    const after = measureFalseAlarms({ ...observed, config: lifeguard });
    expect(before.suspicionsOfHealthy).toBeGreaterThan(1);
    expect(after.suspicionsOfHealthy).toBeLessThan(before.suspicionsOfHealthy / 10);
    expect(after.deathsOfHealthy).toBe(0);
  });

  it('F2: with long pauses Lifeguard gives up fewer of the slow', () => {
    const observed = {
      ...cluster,
      slowness: { share: 0.1, runMs: 10_000, pauseMs: 5000 },
      observedMs: 300_000,
    };
    const before = measureFalseAlarms({ ...observed, config: plain });
    const after = measureFalseAlarms({ ...observed, config: lifeguard });
    expect(after.deathsOfSlow).toBeLessThan(before.deathsOfSlow / 1.5);
  });

  it('F3: the same seed measures the same, and progress is told', () => {
    const options = { ...cluster, members: 20, config: lifeguard, runs: 2, isClosed: false };
    let steps = 0;
    const first = measureCrashDetection(options, () => steps++);
    expect(measureCrashDetection(options)).toEqual(first);
    expect(measureCrashDetection({ ...options, seed: 'other' })).not.toEqual(first);
    expect(steps).toBe(2);
  });
});
