import type { ReplicaId } from '@hearsay/core';
import type { LinkDirection, OutboxEntry } from '../ports.ts';
import type { CloseCode } from '../wire/close-codes.ts';
import type { PeerMessage } from '../wire/message-table.ts';
import type { RepairNotice, RepairTimer, RepairToken } from './anti-entropy/events.ts';
import type { ResponderNotice, ResponderToken } from './anti-entropy/responder.ts';
import type { ContentsNotice, ContentsToken } from './contents/contents-machine.ts';
import type { ExchangeNotice, ExchangeToken, ServeToken } from './documents/events.ts';
import type { NoticeEffect, SendEffect, WakeEffect } from './machine.ts';
import type { IncomingMailNotice, IncomingMailToken } from './mail/incoming-mail.ts';
import type { OutgoingMailNotice, OutgoingMailToken } from './mail/outgoing-events.ts';
import type { MembershipNotice, MembershipTimer } from './membership/events.ts';
import type { MemberClaim, MemberStatus } from './membership/messages.ts';
import type { LinkedPeer, PeersNotice, PeersTimer } from './peers/events.ts';
import type { RememberedContact } from './peers/messages.ts';
import type { PresenceState } from './presence/messages.ts';
import type { PresenceNotice, PresenceTimer } from './presence/presence-machine.ts';
import type { AnsweredEvent, AskEffect } from './requests.ts';
import type { RumourTimer } from './rumour/events.ts';
import type { SpreadingNotice, SpreadingToken } from './spreading/spreading.ts';
import type { ViewsNotice, ViewsTimer } from './views/events.ts';

/** Everything peers say to each other once they are authenticated, whole. */
export type EngineMessage = Exclude<PeerMessage, { readonly channel: 'handshake' | 'parts' }>;

/** A timer, with the part that set it. */
export type EngineTimer =
  | { readonly part: 'peers'; readonly timer: PeersTimer }
  | { readonly part: 'outgoingMail' }
  | { readonly part: 'exchange'; readonly batch: number }
  | { readonly part: 'repair'; readonly timer: RepairTimer }
  | { readonly part: 'presence'; readonly timer: PresenceTimer }
  | { readonly part: 'membership'; readonly timer: MembershipTimer }
  | { readonly part: 'views'; readonly timer: ViewsTimer }
  | { readonly part: 'spreading'; readonly timer: RumourTimer }
  | { readonly part: 'contents' }
  /** The list of members is to be written. */
  | { readonly part: 'members' };

/** What an answer of the store is for, with the part that asked. */
export type EngineToken =
  | { readonly part: 'peers' | 'members' }
  | { readonly part: 'spreading'; readonly token: SpreadingToken }
  | { readonly part: 'outgoingMail'; readonly token: OutgoingMailToken }
  | { readonly part: 'incomingMail'; readonly token: IncomingMailToken }
  | { readonly part: 'exchange'; readonly token: ExchangeToken }
  | { readonly part: 'documentServer'; readonly token: ServeToken }
  | { readonly part: 'repair'; readonly token: RepairToken }
  | { readonly part: 'responder'; readonly token: ResponderToken }
  | { readonly part: 'contents'; readonly token: ContentsToken };

export type EngineEvent =
  /** The first one: what the store remembers. */
  | {
      readonly type: 'started';
      readonly remembered: readonly RememberedContact[];
      readonly members: readonly MemberClaim[];
      readonly outboxHead: number;
    }
  | {
      readonly type: 'linkUp';
      readonly peer: LinkedPeer;
      readonly direction: LinkDirection;
      readonly address: string;
    }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId; readonly code: number }
  | {
      readonly type: 'dialEnded';
      readonly address: string;
      readonly code: number;
      readonly peer: ReplicaId | null;
    }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: EngineMessage }
  | { readonly type: 'timer'; readonly timer: EngineTimer }
  /** One batch of the store, in outbox order. */
  | { readonly type: 'committed'; readonly entries: readonly OutboxEntry[] }
  /** Of clients connected here. */
  | { readonly type: 'presence'; readonly states: readonly PresenceState[] }
  | { readonly type: 'congested' | 'drained'; readonly peer: ReplicaId }
  /** The peer has taken something in, or sent a part of something long; `isBulk`: of what repair moves. */
  | { readonly type: 'heard'; readonly peer: ReplicaId; readonly isBulk: boolean }
  | { readonly type: 'repairNow'; readonly peer: ReplicaId | null }
  | { readonly type: 'stopping'; readonly leave: boolean }
  /** The event loop was found late by so much. */
  | { readonly type: 'lag'; readonly lagMs: number }
  | AnsweredEvent<EngineToken>;

export type EngineNotice =
  | MembershipNotice
  /** A member is new, or its status changed. */
  | { readonly type: 'memberChanged'; readonly peer: ReplicaId; readonly status: MemberStatus }
  /** The cluster has outgrown the full mesh, or fits it again. */
  | { readonly type: 'meshChanged'; readonly isFullMesh: boolean; readonly members: number }
  | ViewsNotice
  | SpreadingNotice
  | PeersNotice
  | OutgoingMailNotice
  | IncomingMailNotice
  | ExchangeNotice
  | RepairNotice
  | ResponderNotice
  | PresenceNotice
  | ContentsNotice;

export type EngineEffect =
  | SendEffect<EngineMessage>
  | { readonly type: 'dial'; readonly address: string }
  | { readonly type: 'close'; readonly peer: ReplicaId; readonly code: CloseCode; readonly reason: string }
  | WakeEffect<EngineTimer>
  | AskEffect<EngineToken>
  /** The cluster has been told that this node leaves. */
  | { readonly type: 'left' }
  /** States of clients on another node, for the clients here; null: gone. */
  | { readonly type: 'present'; readonly owner: ReplicaId; readonly states: readonly PresenceState[] }
  | NoticeEffect<EngineNotice>;
