import type { PlannedCrash, PlannedPartition, TableNumber } from '@hearsay/simulator';

/** What is simulated: `nodes` is whole nodes, which is what a command line without any of the others asks for. */
export type Mode = 'nodes' | 'epidemic' | 'table' | 'broadcast' | 'detection';

export type StrategyName = 'default' | 'mail' | 'rumour' | 'paper-rumour' | 'anti-entropy';

/** One value for every row. */
type Sweep<Value> = readonly Value[];

/** What can be said on the command line, by the name of the option. */
export interface Settings {
  readonly table: TableNumber;
  readonly epidemic: boolean;
  readonly broadcast: boolean;
  readonly detection: boolean;

  readonly nodes: Sweep<number>;
  readonly topology: string;
  readonly regions: readonly { readonly name: string; readonly nodes: number | null }[];
  readonly regionLatency:
    | number
    | readonly { readonly regions: readonly [string, string]; readonly latencyMs: number }[];
  readonly reach: 'any' | 'neighbours';
  readonly latency: number;
  readonly jitter: number;

  readonly strategy: Sweep<StrategyName>;
  readonly direction: Sweep<'push' | 'pull' | 'push-pull'>;
  readonly stopRule: Sweep<'feedback' | 'blind'>;
  readonly stopMethod: Sweep<'counter' | 'coin'>;
  readonly k: Sweep<number>;
  readonly fanOut: Sweep<number>;
  readonly connectionLimit: Sweep<number | null>;
  readonly huntLimit: Sweep<number>;
  readonly minimisation: Sweep<boolean>;
  readonly cycle: Sweep<number>;
  readonly announceAbove: Sweep<number>;
  readonly view: Sweep<number | 'all'>;
  readonly repair: boolean;
  readonly repairMode: Sweep<'push' | 'pull' | 'push-pull'>;
  readonly repairInterval: Sweep<number>;
  readonly exponent: Sweep<number>;

  readonly updates: number;
  readonly rate: number;
  readonly size: number;
  readonly documents: number;

  readonly loss: Sweep<number>;
  readonly delay: { readonly share: number; readonly extraMs: number };
  readonly duplicate: number;
  readonly reorder: number;
  readonly partition: readonly PlannedPartition[];
  readonly crash: readonly PlannedCrash[];
  readonly slow: number;
  readonly pause: number;

  readonly runs: number;
  readonly patience: number;
  readonly observed: number;
  readonly seed: string;
  readonly out: string;
}

export type Given = Partial<Settings>;

/** Settings that may have several values: there is a row for every combination of them. */
export type SweepName =
  | 'nodes'
  | 'strategy'
  | 'direction'
  | 'stopRule'
  | 'stopMethod'
  | 'k'
  | 'fanOut'
  | 'connectionLimit'
  | 'huntLimit'
  | 'minimisation'
  | 'cycle'
  | 'announceAbove'
  | 'view'
  | 'repairMode'
  | 'repairInterval'
  | 'exponent'
  | 'loss';

/** One value of each of them, as far as there are any. */
export type Picked = { readonly [Name in SweepName]?: Settings[Name][number] };
