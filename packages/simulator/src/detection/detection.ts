import { createRandom } from '@hearsay/core';
import type { MembershipConfig, MembershipEffect } from '@hearsay/gossip-sync';
import { type Estimate, Sample } from '../epidemic/estimate.ts';
import type { SynchronousExperiment } from '../experiment.ts';
import { MemberPump, type PumpOptions, type Slowness } from './member-pump.ts';

export interface DetectionOptions {
  readonly members: number;
  readonly config: MembershipConfig;
  readonly seed: string;
  readonly latencyMs: readonly [number, number];
  readonly loss: number;
  readonly slowness: Slowness | null;
}

export interface CrashOptions extends DetectionOptions {
  /** A crash of one healthy member in each, in a cluster of its own. */
  readonly runs: number;
  /** Whether the sockets of the crashed member close. */
  readonly isClosed: boolean;
}

/** Milliseconds from a crash until it is noticed, over several runs. */
export interface CrashDetection {
  /** By the first member, which begins to suspect it. */
  readonly firstSuspicion: Estimate;
  /** By every running member that is not slow: suspected or given up. */
  readonly suspectedByAll: Estimate;
  /** Given up by the first member. */
  readonly firstDeath: Estimate;
  /** Given up by every running member that is not slow. */
  readonly deadToAll: Estimate;
}

export interface FalseAlarmOptions extends DetectionOptions {
  /** Virtual time observed, after a minute of settling. */
  readonly observedMs: number;
}

/** Events per member and hour in a cluster in which nobody dies. */
export interface FalseAlarms {
  /** Suspicions raised by a member's own probes, of members that are well. */
  readonly suspicionsOfHealthy: number;
  readonly suspicionsOfSlow: number;
  /** Members given up by somebody, though they run. */
  readonly deathsOfHealthy: number;
  readonly deathsOfSlow: number;
  readonly nodeHours: number;
  /** Messages per member and second. */
  readonly messageRate: number;
}

const settleMs = 60_000;
const sliceMs = 30_000;
/** Longest time a crash may take to be known; suspicion of 100 members lasts 48 s at most. */
const patienceMs = 600_000;

/** How long the shipping failure detector takes to notice that one member of many is gone. */
export function crashExperiment(options: CrashOptions): SynchronousExperiment<CrashDetection> {
  const samples = [new Sample(), new Sample(), new Sample(), new Sample()] as const;
  return {
    *run() {
      for (let run = 1; run <= options.runs; run++) {
        const times = detectOnce(options, `${options.seed}/crash ${run}`);
        for (const [index, sample] of samples.entries()) sample.add(times[index] ?? Number.NaN);
        yield { at: `crash ${run}/${options.runs}`, share: run / options.runs };
      }
    },
    result() {
      const [firstSuspicion, suspectedByAll, firstDeath, deadToAll] = samples;
      return {
        firstSuspicion: firstSuspicion.estimate(),
        suspectedByAll: suspectedByAll.estimate(),
        firstDeath: firstDeath.estimate(),
        deadToAll: deadToAll.estimate(),
      };
    },
  };
}

/** How often the shipping failure detector errs while nobody dies. */
export function alarmExperiment(options: FalseAlarmOptions): SynchronousExperiment<FalseAlarms> {
  const counts = { suspicionsOfHealthy: 0, suspicionsOfSlow: 0, deathsOfHealthy: 0, deathsOfSlow: 0 };
  let observedMs = 0;
  let messages = 0;
  const pump: MemberPump = createPump(options, options.seed, (member, effect, now) => {
    if (now < settleMs) return;
    if (effect.type === 'notice' && effect.notice.type === 'suspected') {
      if (effect.notice.by !== pump.id(member)) return;
      if (pump.isSlow(pump.indexOf(effect.notice.replicaId))) counts.suspicionsOfSlow++;
      else counts.suspicionsOfHealthy++;
    } else if (effect.type === 'member' && effect.member.status === 'dead') {
      if (effect.member.by !== pump.id(member)) return;
      if (pump.isSlow(pump.indexOf(effect.member.replicaId))) counts.deathsOfSlow++;
      else counts.deathsOfHealthy++;
    }
  });
  return {
    *run() {
      pump.runUntil(settleMs);
      const messagesBefore = pump.messages;
      while (observedMs < options.observedMs) {
        observedMs = Math.min(options.observedMs, observedMs + sliceMs);
        pump.runUntil(settleMs + observedMs);
        messages = pump.messages - messagesBefore;
        yield { at: `${observedMs / 60_000} min observed`, share: observedMs / options.observedMs };
      }
    },
    result() {
      const nodeHours = (options.members * observedMs) / 3_600_000;
      return {
        suspicionsOfHealthy: counts.suspicionsOfHealthy / nodeHours,
        suspicionsOfSlow: counts.suspicionsOfSlow / nodeHours,
        deathsOfHealthy: counts.deathsOfHealthy / nodeHours,
        deathsOfSlow: counts.deathsOfSlow / nodeHours,
        nodeHours,
        messageRate: messages / (observedMs / 1000) / options.members,
      };
    },
  };
}

/** Times of the four events of {@link CrashDetection}, in its order. */
function detectOnce(options: CrashOptions, seed: string): readonly number[] {
  const victim = options.members - 1;
  const times = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const suspecting = new Set<number>();
  const burying = new Set<number>();
  let crashedAt = Number.POSITIVE_INFINITY;
  const note = (index: number, now: number): void => {
    if (Number.isNaN(times[index])) times[index] = now - crashedAt;
  };
  const pump: MemberPump = createPump(options, seed, (member, effect, now) => {
    if (now < crashedAt || effect.type !== 'member' || pump.indexOf(effect.member.replicaId) !== victim)
      return;
    const { status } = effect.member;
    if (status === 'alive') return;
    note(0, now);
    if (status === 'dead') note(2, now);
    if (pump.isSlow(member)) return;
    suspecting.add(member);
    if (status === 'dead') burying.add(member);
    if (suspecting.size === witnesses) note(1, now);
    if (burying.size === witnesses) note(3, now);
  });
  const healthy = Array.from({ length: options.members }, (_, member) => member).filter(
    (m) => !pump.isSlow(m),
  );
  const witnesses = healthy.length - 1;
  // At any moment of a period, not at the beat of the first.
  crashedAt = settleMs / 2 + createRandom(seed).fork('moment').next() * options.config.probeIntervalMs;
  pump.runUntil(crashedAt);
  pump.crash(victim, options.isClosed);
  pump.runUntil(crashedAt + patienceMs, () => !Number.isNaN(times[3]));
  return times;
}

function createPump(
  { members, config, latencyMs, loss, slowness }: DetectionOptions,
  seed: string,
  onEffect: (member: number, effect: MembershipEffect, now: number) => void,
): MemberPump {
  const options: PumpOptions = {
    members,
    config,
    random: createRandom(seed),
    latencyMs,
    loss,
    slowness,
    onEffect,
  };
  return new MemberPump(options);
}
