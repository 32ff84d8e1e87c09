import type { ReplicaId } from '@hearsay/core';
import type { NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { PeerContact, ViewsMessage } from './messages.ts';

export type ViewsTimer =
  | { readonly type: 'shuffle' }
  | { readonly type: 'repair' }
  | { readonly type: 'request'; readonly peer: ReplicaId; readonly serial: number };

export type ViewsEvent =
  /** `remembered`: peers of the last run, to be tried. */
  | { readonly type: 'start'; readonly remembered: readonly PeerContact[] }
  | { readonly type: 'timer'; readonly timer: ViewsTimer }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: ViewsMessage }
  /** A link is open and both ends are proven, whoever opened it and why. */
  | { readonly type: 'linkUp'; readonly peer: PeerContact }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId }
  /** Answers a `connect` that came to nothing. */
  | { readonly type: 'connectFailed'; readonly peer: ReplicaId }
  /** Membership gave the peer up, or it left. */
  | { readonly type: 'gone'; readonly peer: ReplicaId }
  /** The cluster is known to have so many members, this node included. */
  | { readonly type: 'clusterSize'; readonly members: number }
  | { readonly type: 'leave' };

export type ViewsNotice =
  /** Nobody is left in either view: only seeds can help. */
  { readonly type: 'isolated' };

export type ViewsEffect =
  | SendEffect<ViewsMessage>
  | WakeEffect<ViewsTimer>
  /** Open a link; answered by `linkUp` or `connectFailed`. */
  | { readonly type: 'connect'; readonly peer: PeerContact }
  /** The views need the link no more: close it, after what was sent on it, unless others do. */
  | { readonly type: 'release'; readonly peer: ReplicaId }
  /** The peer entered or left the active view. */
  | { readonly type: 'neighbour'; readonly peer: ReplicaId; readonly isUp: boolean }
  | NoticeEffect<ViewsNotice>;
