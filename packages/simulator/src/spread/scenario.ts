import type { GossipOptions } from '@hearsay/gossip-sync';
import type { MapPlan } from '../map/cluster-map.ts';
import type { Stragglers } from '../network/conditions.ts';

/** What a cluster of whole nodes is put through. Times are milliseconds since the first update was due. */
export interface Scenario {
  readonly map: MapPlan;
  readonly strategy: Strategy;
  readonly workload: Workload;
  readonly faults: Faults;
  /** Longest time from the last update and the last fault until the run is over. */
  readonly patienceMs: number;
}

export interface Strategy {
  /** What carries the news. `policy`: mail up to `mail.maxPeers`, rumours above, as Hearsay ships. */
  readonly news: 'policy' | 'mail' | 'rumour' | 'none';
  /** Whether anti-entropy runs beside it. */
  readonly repair: boolean;
  /** Anything of the engine that is not as it ships. */
  readonly options: GossipOptions;
}

export interface Workload {
  readonly updates: number;
  /** Updates a second in the whole cluster, at random moments and nodes. */
  readonly rate: number;
  /** Text typed in one update. */
  readonly textBytes: number;
  /** Updates go to so many documents by turns; null: each makes one of its own. */
  readonly documents: number | null;
}

export interface Faults {
  /** Share of packets lost, each way; TCP sends them again. */
  readonly loss: number;
  readonly stragglers: Stragglers;
  /** Shares of frames that arrive twice, or after the next one. TCP never does that; a broken proxy may. */
  readonly duplicated: number;
  readonly reordered: number;
  readonly partitions: readonly PlannedPartition[];
  readonly crashes: readonly PlannedCrash[];
}

export interface PlannedPartition {
  /** Shares of the nodes, in their order; or names of regions and nodes: whoever is not named is one more group. */
  readonly groups: readonly number[] | readonly (readonly string[])[];
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface PlannedCrash {
  /** A share of the nodes (drawn for each run), or one by its name. */
  readonly who: number | string;
  readonly atMs: number;
  /** Null: never again. */
  readonly backMs: number | null;
}

export const noFaults: Faults = {
  loss: 0,
  stragglers: { share: 0, extraMs: 0 },
  duplicated: 0,
  reordered: 0,
  partitions: [],
  crashes: [],
};

/** The engine's options for a strategy. */
export function gossipOptions({ news, repair, options }: Strategy): GossipOptions {
  const { mail, rumour, antiEntropy } = options;
  return {
    ...options,
    ...(news !== 'policy' && { mail: { ...mail, maxPeers: news === 'mail' ? 1_000_000 : 0 } }),
    // Nothing is ever hot, and nobody asks.
    ...(news === 'none' && { rumour: { ...rumour, direction: 'push', maxHot: 0 } }),
    ...(!repair && { antiEntropy: { ...antiEntropy, maxSessions: 0 } }),
  };
}
