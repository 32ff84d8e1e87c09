import type { ReplicaId } from '@hearsay/core';
import type { LinkDirection } from '../../ports.ts';
import type { CloseCode } from '../../wire/close-codes.ts';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AskEffect } from '../requests.ts';
import type { Contact, PeersMessage, RememberedContact } from './messages.ts';

/** A peer as its hello, proven, described it. */
export interface LinkedPeer extends Contact {
  readonly session: number;
  readonly capabilities: readonly string[];
}

export interface PeersTimer {
  readonly type: 'dial' | 'announce' | 'remember' | 'release';
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
  /** Membership knows of a node. */
  | { readonly type: 'learnt'; readonly contact: Contact }
  /** A node has left for good. */
  | { readonly type: 'left'; readonly peer: ReplicaId }
  /** A link is needed now: to probe, or for a partial view. */
  | { readonly type: 'wish'; readonly peer: ReplicaId | null; readonly addresses: readonly string[] }
  /** Whether every node is to be linked to every other. */
  | { readonly type: 'fullMesh'; readonly isFullMesh: boolean }
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
  | { readonly type: 'close'; readonly peer: ReplicaId; readonly code: CloseCode; readonly reason: string }
  | WakeEffect<PeersTimer>
  | AskEffect<null>
  | NoticeEffect<PeersNotice>;
