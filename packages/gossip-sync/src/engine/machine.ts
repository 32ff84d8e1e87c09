import type { ReplicaId } from '@hearsay/core';

/**
 * The one shape of every protocol part: an event and the present time (monotonic milliseconds) go in, effects come
 * out. A machine keeps its own state, draws randomness from the generator it was built with, and touches nothing else.
 */
export interface Machine<Event, Effect> {
  handle(event: Event, now: number): readonly Effect[];
}

/** Sends a message over the link to a connected peer; parents wrap `message` in their own union. */
export interface SendEffect<Message> {
  readonly type: 'send';
  readonly to: ReplicaId;
  readonly message: Message;
}

/** Asks to be handed `timer` back after `afterMs`. Timers are values; a stale one is ignored by its machine. */
export interface WakeEffect<Timer> {
  readonly type: 'wake';
  readonly afterMs: number;
  readonly timer: Timer;
}

/** Something worth counting or telling; nothing depends on it being heard. */
export interface NoticeEffect<Notice> {
  readonly type: 'notice';
  readonly notice: Notice;
}
