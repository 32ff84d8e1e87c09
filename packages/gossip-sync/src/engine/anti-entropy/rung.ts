import type { DocumentKey } from '@hearsay/core';
import type { ReplicaAnswer, ReplicaRequest } from '../requests.ts';
import type { RepairAnswer, RepairRequest } from './messages.ts';

/** What a rung asks of its session. One question, to the peer or the store, is open at a time. */
export type RungEffect =
  | { readonly type: 'send'; readonly message: RepairRequest }
  | { readonly type: 'ask'; readonly request: ReplicaRequest }
  | { readonly type: 'exchange'; readonly keys: readonly DocumentKey[] }
  | { readonly type: 'done' }
  /** The peer does not keep to the protocol. */
  | { readonly type: 'abort'; readonly reason: string };

/** One way of finding differences, as the one who started the session. */
export interface Rung {
  begin(): readonly RungEffect[];
  message(message: RepairAnswer): readonly RungEffect[];
  answered(answer: ReplicaAnswer): readonly RungEffect[];
  /** Documents of this session that are still being exchanged: told after each that is settled. */
  pending(count: number): readonly RungEffect[];
}
