/** What a part of the crowd is to do, from when it gets it. */
export interface CrowdPlan {
  readonly url: string;
  /** Number of its first client among all. */
  readonly first: number;
  readonly clients: number;
  readonly updatesPerSecond: number;
  readonly movesPerSecond: number;
}

export type CrowdCommand = CrowdPlan | 'report';

export type CrowdAnswer =
  | { readonly type: 'ready' }
  | {
      readonly type: 'report';
      readonly updates: number;
      readonly lost: number;
      /** From when a change was made to when each of a few clients, here or in another process, had it. */
      readonly delaysMs: readonly number[];
    };
