/** What a process of a herd is to be. */
export interface HerdPlan {
  readonly url: string;
  /** Number of its first client among all of the herd. */
  readonly first: number;
  readonly clients: number;
  /** Every other client works on one of so many documents, the rest on one of its own. */
  readonly sharedDocuments: number;
  /** Within this time all begin. */
  readonly rampMs: number;
  /** Clients without a library come back within this time, whatever happened. */
  readonly retryMs: number;
  /** Whether some clients are real providers. */
  readonly hasProviders: boolean;
  /** Addresses that clients say they come from; each has as many clients as the next, in turn. Empty: none is said. */
  readonly addresses: readonly string[];
  /** Milliseconds between two tokens that somebody of this process writes. */
  readonly writeEveryMs: number;
}

export type HerdCommand =
  | { readonly type: 'begin'; readonly plan: HerdPlan }
  /** Forgets who has been served. */
  | { readonly type: 'mark' }
  | { readonly type: 'report' }
  | { readonly type: 'tokens' };

export interface HerdReport {
  readonly type: 'report';
  readonly clients: number;
  /** Of them, those that are served now. */
  readonly served: number;
  /** Of them, those that have been served since the last mark, and when the last of these was (Unix milliseconds). */
  readonly servedSinceMark: number;
  readonly lastServedAt: number;
  /** Of clients without a library. */
  readonly attempts: number;
  readonly acknowledged: number;
  readonly refused: Readonly<Record<number, number>>;
  readonly refusedWithRetryAfter: number;
}

export interface HerdTokens {
  readonly type: 'tokens';
  /** What was acknowledged, by document. */
  readonly tokens: Readonly<Record<string, readonly string[]>>;
}

export type HerdAnswer = HerdReport | HerdTokens;
