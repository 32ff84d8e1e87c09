import type { ReplicaId } from '@hearsay/core';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { Member } from './member.ts';
import type { MemberClaim, MemberDescription, MembershipMessage } from './messages.ts';

/** `dueAt`: when it should have fired; a timer that fires late says that this node is slow. */
export type MembershipTimer =
  | { readonly type: 'probeTimeout' | 'probePeriod'; readonly sequence: number; readonly dueAt: number }
  | { readonly type: 'relay'; readonly sequence: number }
  | {
      readonly type: 'suspicion';
      readonly replicaId: ReplicaId;
      readonly serial: number;
      readonly dueAt: number;
    }
  | { readonly type: 'gossip' | 'exchange' | 'reconnect' | 'join' | 'left' };

export type MembershipEvent =
  /** `remembered`: the list saved before the last stop; its members are dialled when no seed answers. */
  | { readonly type: 'start'; readonly remembered: readonly MemberClaim[] }
  | { readonly type: 'timer'; readonly timer: MembershipTimer }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: MembershipMessage }
  /** A link to the peer is open and both have proven who they are. */
  | { readonly type: 'linkUp'; readonly peer: ReplicaId }
  /** The last link to the peer is gone; `isDeliberate`: one of the two chose so. */
  | { readonly type: 'linkDown'; readonly peer: ReplicaId; readonly isDeliberate: boolean }
  /** Anything came from the peer over its link, or it took in what was sent. */
  | { readonly type: 'heard'; readonly peer: ReplicaId }
  /** The event loop was found late by so much. */
  | { readonly type: 'lag'; readonly lagMs: number }
  /** What this node tells about itself has changed. */
  | { readonly type: 'describe'; readonly description: MemberDescription }
  /** Tells everybody that this node goes, then asks to stop by `left`. */
  | { readonly type: 'leave' };

export type MembershipNotice =
  | { readonly type: 'suspected'; readonly replicaId: ReplicaId; readonly by: ReplicaId }
  /** Somebody suspected this node, or gave it up, and it answered. */
  | { readonly type: 'refuted'; readonly by: ReplicaId | null }
  | { readonly type: 'health'; readonly score: number }
  /**
   * Two processes run with one identity: a copied disk. `replicaId` may be this node's own. `addresses`: of either, as far as they
   * are known; the same twice where the copy took that along.
   */
  | {
      readonly type: 'duplicateReplica';
      readonly replicaId: ReplicaId;
      readonly incarnation: number;
      readonly addresses: readonly string[];
    }
  /** The cluster knows a later start of this store: it was restored from a backup, and has no place here. */
  | { readonly type: 'incarnationWentBack'; readonly incarnation: number; readonly known: number }
  | { readonly type: 'tooManyMembers'; readonly replicaId: ReplicaId };

export type MembershipEffect =
  /** Goes over the link to the peer, and nowhere when there is none. */
  | SendEffect<MembershipMessage>
  | WakeEffect<MembershipTimer>
  /** Try to open a link, with the first address that answers; `peer` is null for seeds. */
  | {
      readonly type: 'dial';
      readonly peer: ReplicaId | null;
      readonly addresses: readonly string[];
      readonly reason: 'join' | 'probe' | 'reconnect';
    }
  /** A member is new, or its status or description changed. */
  | { readonly type: 'member'; readonly member: Member }
  /** The leave has been told; the engine may close its links. */
  | { readonly type: 'left' }
  | NoticeEffect<MembershipNotice>;
