/** What a watched node is asked, by its parent. */
export type WatchCommand = { readonly type: 'figures' } | { readonly type: 'stop' };

/** What is left after a collection of garbage: what somebody still holds. */
export interface NodeFigures {
  readonly type: 'figures';
  readonly heapMiB: number;
  /** Memory of buffers, beside the heap. */
  readonly buffersMiB: number;
  readonly residentMiB: number;
  /** Sockets, timers and the like that keep a process alive, by their kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Longest time that the event loop was held up since the last figures, in milliseconds; collections for figures not counted. */
  readonly longestLagMs: number;
}

export type WatchAnswer =
  | NodeFigures
  | { readonly type: 'started'; readonly url: string; readonly http: string }
  | { readonly type: 'stopped'; readonly resources: Readonly<Record<string, number>> };
