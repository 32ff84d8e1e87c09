import type { ReplicaId } from '@hearsay/core';
import type { LinkDirection } from '../../ports.ts';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AskEffect } from '../requests.ts';
import type { Contact, ContactsMessage, PeersMessage, RememberedContact } from './messages.ts';

/** A peer as its hello, proven, described it. */
export interface LinkedPeer extends Contact {
  readonly session: number;
  readonly capabilities: readonly string[];
}

export interface PeersTimer {
  readonly type: 'dial' | 'news';
  readonly at: number;
}

export type PeersEvent =
  | { readonly type: 'started'; readonly remembered: readonly RememberedContact[] }
  | {
      readonly type: 'linkUp';
      readonly peer: LinkedPeer;
      readonly direction: LinkDirection;
      readonly address: string;
    }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId; readonly code: number }
  /** A dial that led to no new peer: `peer` when it led to one that is linked already. */
  | {
      readonly type: 'dialEnded';
      readonly address: string;
      readonly code: number;
      readonly peer: ReplicaId | null;
    }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: ContactsMessage }
  | { readonly type: 'timer'; readonly timer: PeersTimer };

export type PeersNotice = {
  /** A node that was not known before. */
  readonly type: 'contactLearnt';
  readonly peer: ReplicaId;
  readonly addresses: readonly string[];
};

export type PeersEffect =
  | SendEffect<PeersMessage>
  | { readonly type: 'dial'; readonly address: string }
  | WakeEffect<PeersTimer>
  | AskEffect<null>
  | NoticeEffect<PeersNotice>;
