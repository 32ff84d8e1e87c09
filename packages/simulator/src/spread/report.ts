import type { Estimate } from '../epidemic/estimate.ts';

/** What is measured of one run. Delays are in the report's unit of time, loads in its unit of load. */
export type SpreadFigure =
  /** Share of pairs of a node and an update that the news (mail, rumours) did not bring together. */
  | 'residue'
  /** The same when the run was over, after repair. */
  | 'residueAtEnd'
  /** Payloads sent, a node and update: Demers' m. */
  | 'traffic'
  /** Payloads received, a node (but the origin) and update; 1 is the limit. */
  | 'redundancy'
  | 'tAverage'
  | 'tLast'
  | 'linkMean'
  | 'linkLargest'
  /** Share of runs at whose end all running nodes had equal stores. */
  | 'equal'
  /** Time observed. */
  | 'observed';

export interface SpreadMoment {
  readonly at: number;
  /** Nodes, of all updates together. */
  readonly susceptible: number;
  readonly infective: number;
  readonly removed: number;
}

export interface SpreadRow {
  readonly label: string;
  /** Runs that were made to their end. */
  readonly runs: number;
  readonly figures: Readonly<Partial<Record<SpreadFigure, Estimate>>>;
  /** The link that was worst in most runs. */
  readonly worstLink: string;
  /** Mean over the runs, largest first; links that nothing crossed are left out. */
  readonly links: readonly { readonly link: string; readonly load: number }[];
  /** Of the first run. */
  readonly spread: readonly SpreadMoment[];
  /** Its only run was cut short: the figures are of what had happened until then. */
  readonly isCutShort: boolean;
}

export interface SpreadReport {
  readonly kind: 'nodes' | 'epidemic';
  readonly timeUnit: 'ms' | 'cycles';
  readonly loadUnit: 'bytes' | 'conversations';
  readonly seed: string;
  readonly nodes: number;
  readonly updates: number;
  /** Wanted of each row. */
  readonly runs: number;
  readonly rows: readonly SpreadRow[];
}
