export type FloodKind = 'peer' | 'client' | 'requests';

/** To a process that floods a node. */
export type FloodCommand =
  | { readonly type: 'begin'; readonly kind: FloodKind; readonly url: string; readonly secret: string }
  | { readonly type: 'report' };

/** What it has sent, and what came back, since it began. */
export interface FloodReport {
  readonly type: 'report';
  readonly sent: number;
  /** Messages, acknowledgements or answers; by status for requests. */
  readonly answered: Readonly<Record<string, number>>;
  /** How often its connections have ended. */
  readonly losses: number;
}
