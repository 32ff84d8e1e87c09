import type { MembershipConfig } from '@hearsay/gossip-sync';
import type { Experiment, SynchronousExperiment } from '../experiment.ts';
import { alarmExperiment, type CrashDetection, crashExperiment, type FalseAlarms } from './detection.ts';
import type { Slowness } from './member-pump.ts';

export interface DetectionPlan {
  readonly rows: readonly { readonly label: string; readonly config: MembershipConfig }[];
  readonly members: number;
  readonly latencyMs: readonly [number, number];
  readonly loss: number;
  /** Of the members that are slow while false alarms are counted; while crashes are timed all are well. */
  readonly slowness: Slowness;
  /** Crashes timed in each row. */
  readonly runs: number;
  /** Virtual time in which false alarms are counted. */
  readonly observedMs: number;
  readonly seed: string;
}

export interface DetectionRow {
  readonly label: string;
  /** A member whose machine fails without a word. */
  readonly crash: CrashDetection;
  /** Null when it was not come to. */
  readonly alarms: FalseAlarms | null;
}

export interface DetectionReport {
  readonly members: number;
  readonly runs: number;
  readonly observedMs: number;
  readonly seed: string;
  readonly rows: readonly DetectionRow[];
}

/** Times crashes and counts false alarms, for each configuration of the shipping failure detector. */
export function detectionExperiment(plan: DetectionPlan): SynchronousExperiment<DetectionReport> {
  const { members, runs, observedMs, seed } = plan;
  const rows: { label: string; crash: Experiment<CrashDetection>; alarms?: Experiment<FalseAlarms> }[] = [];
  return {
    *run() {
      for (const [index, { label, config }] of plan.rows.entries()) {
        const crash = crashExperiment({ ...plan, config, slowness: null, isClosed: false });
        const row: (typeof rows)[number] = { label, crash };
        rows.push(row);
        const share = (part: number, done: number): number => (index + (part + done) / 2) / plan.rows.length;
        for (const step of crash.run()) yield { at: `${label}, ${step.at}`, share: share(0, step.share) };
        const alarms = alarmExperiment({ ...plan, config });
        row.alarms = alarms;
        for (const step of alarms.run()) yield { at: `${label}, ${step.at}`, share: share(1, step.share) };
      }
    },
    result: () => ({
      members,
      runs,
      observedMs,
      seed,
      rows: rows.map(({ label, crash, alarms }) => ({
        label,
        crash: crash.result(),
        alarms: alarms?.result() ?? null,
      })),
    }),
  };
}
