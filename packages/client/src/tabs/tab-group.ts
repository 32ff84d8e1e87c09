import type { ResetReason, WantId } from '../channel/channel-types.ts';
import type { EditKey } from '../channel/edit-ledger.ts';
import type { ProviderState } from '../provider/provider-state.ts';
import type { WantedLevel } from '../wire/client-frames.ts';

/** Names one tab as long as it lives. */
export type TabId = string;

/** What tabs with the same document tell one another. The one that leads has the connection. */
export type TabMessage =
  /** Of one that came: what it has. The leader answers with `state`. */
  | { readonly type: 'hello'; readonly stateVector: Uint8Array }
  | {
      readonly type: 'state';
      readonly to: TabId;
      readonly stateVector: Uint8Array;
      readonly update: Uint8Array;
      readonly unsaved: readonly EditKey[];
    }
  /** Edits of a tab, durable on this device. */
  | { readonly type: 'edits'; readonly keys: readonly EditKey[]; readonly update: Uint8Array }
  /** What the leader had from the server, durable on this device. */
  | { readonly type: 'remote'; readonly key: EditKey; readonly update: Uint8Array }
  | { readonly type: 'saved'; readonly keys: readonly EditKey[] }
  /** The leader's state; of a new leader the first thing it says. */
  | { readonly type: 'shown'; readonly state: ProviderState; readonly isNew: boolean }
  /** `client`: the one the tab speaks for; null: what the leader had from the server. */
  | { readonly type: 'presence'; readonly client: number | null; readonly update: Uint8Array }
  | { readonly type: 'absent'; readonly clients: readonly number[] }
  | { readonly type: 'want'; readonly id: WantId; readonly level: WantedLevel }
  | { readonly type: 'unwant'; readonly id: WantId }
  | { readonly type: 'reached' | 'untold'; readonly id: WantId }
  /** To the leader: try again after a refusal. */
  | { readonly type: 'retry' }
  | { readonly type: 'reset'; readonly reason: ResetReason; readonly life: number };

export interface TabListener {
  /** This tab leads from now on, for as long as it lives. */
  lead(): void;
  message(from: TabId, message: TabMessage): void;
  /** A tab that was watched is no more. */
  gone(tab: TabId): void;
}

/** The tabs of one browser profile that have the same document of the same server open. */
export interface TabGroup {
  readonly id: TabId;
  /** To all others, in order. */
  post(message: TabMessage): void;
  /** Tells when that tab is gone, however it went. */
  watch(tab: TabId): void;
  /** Leaves, and lets another one lead. */
  close(): void;
}

export type JoinTabs = (group: string, id: TabId, listener: TabListener) => TabGroup;
