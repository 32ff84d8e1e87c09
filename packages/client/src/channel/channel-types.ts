import type { WantedLevel } from '../wire/client-frames.ts';
import type { LifeEnd, ServerMessage } from '../wire/server-frames.ts';
import type { EditKey } from './edit-ledger.ts';
import type { Delivery } from './outbox.ts';

/** What the copy of a document here belongs to; remembered with it. */
export interface Lineage {
  /** Present life of the document's name when it was last heard of; 0: unknown. */
  readonly life: number;
  /** Name of the cluster that said so; empty: none has. */
  readonly cluster: string;
}

/** Names one wish to know that a level is reached. */
export type WantId = string;

/** Why a document's copy is put aside. */
export type ResetReason = LifeEnd | 'another cluster';

/**
 * - `down`: no connection. `login`: the server has not said whether it lets this client in. `syncing`: it does; the
 *   document's state is on its way. `live`: what others do is seen here as it happens. `refused`, `reset`: nothing goes on.
 */
export type ChannelState =
  | { readonly name: 'down' | 'login' | 'syncing' }
  | { readonly name: 'live'; readonly mayWrite: boolean }
  | { readonly name: 'refused'; readonly code: string; readonly reason: string }
  | { readonly name: 'reset' };

export type ChannelEvent =
  /** `isEmpty`: this client holds nothing that could belong to any life. */
  | { readonly type: 'up'; readonly isEmpty: boolean }
  | { readonly type: 'down' }
  /** Answers `askToken`. */
  | { readonly type: 'token'; readonly login: number; readonly token: string }
  | { readonly type: 'tokenFailed'; readonly login: number; readonly reason: string }
  | { readonly type: 'message'; readonly message: ServerMessage }
  /** Edits of this device; not yet durable, maybe. */
  | { readonly type: 'edited'; readonly keys: readonly EditKey[]; readonly update: Uint8Array }
  /** Edits have become durable on this device. */
  | { readonly type: 'stored' }
  /** Answers `answer`, at once: what the server lacks, and every edit there is. */
  | { readonly type: 'difference'; readonly update: Uint8Array; readonly keys: readonly EditKey[] }
  /** What was applied depends on something that is missing here. */
  | { readonly type: 'incomplete' }
  | { readonly type: 'want'; readonly id: WantId; readonly level: WantedLevel }
  | { readonly type: 'unwant'; readonly id: WantId }
  /** Tries again after a refusal: at once, when there is a connection. */
  | { readonly type: 'retry'; readonly isUp: boolean };

export type ChannelEffect =
  | { readonly type: 'send'; readonly frame: Uint8Array }
  | { readonly type: 'askToken'; readonly login: number }
  /** Say what this client has. */
  | { readonly type: 'sendStep1' }
  | { readonly type: 'announcePresence' }
  /** The server has this: say what it lacks. */
  | { readonly type: 'answer'; readonly stateVector: Uint8Array }
  | { readonly type: 'deliver'; readonly delivery: Delivery }
  | { readonly type: 'apply'; readonly update: Uint8Array }
  | { readonly type: 'presence'; readonly update: Uint8Array }
  /** A server has synced these edits to its disk. */
  | { readonly type: 'saved'; readonly keys: readonly EditKey[] }
  | { readonly type: 'reached'; readonly id: WantId }
  /** The server knows nothing of levels. */
  | { readonly type: 'untold'; readonly id: WantId }
  | { readonly type: 'remember'; readonly lineage: Lineage }
  | { readonly type: 'reset'; readonly reason: ResetReason; readonly life: number }
  /** The server says what no server of sense would: the connection is to go. */
  | { readonly type: 'giveUp'; readonly reason: string }
  /** {@link ChannelState} is another. */
  | { readonly type: 'changed' };
