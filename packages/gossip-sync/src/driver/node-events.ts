import type { ReplicaId } from '@hearsay/core';
import type { EngineNotice } from '../engine/events.ts';
import type { LinkDirection } from '../ports.ts';
import type { SlowedBy } from './intake.ts';

/** What happens to links, as far as it concerns people. */
export type LinkEvent =
  | {
      readonly type: 'peerLinked';
      readonly peer: ReplicaId;
      readonly direction: LinkDirection;
      readonly address: string;
    }
  | {
      readonly type: 'peerUnlinked';
      readonly peer: ReplicaId;
      readonly code: number;
      readonly reason: string;
    }
  /** This node did not take a link up, or ended it: a wrong cluster, a copied store, a damaged message. */
  | {
      readonly type: 'linkRefused';
      readonly peer: ReplicaId | null;
      readonly direction: LinkDirection;
      readonly address: string;
      readonly code: number;
      readonly reason: string;
      /** Of two with one replica id: where the one is that is linked, or this node itself, and where the one that is refused. */
      readonly twins?: readonly [string, string];
    }
  /** A peer says more than may be worked on for it: it is read more slowly. Told once a minute at most. */
  | { readonly type: 'peerSlowed'; readonly peer: ReplicaId; readonly why: SlowedBy }
  /** A dial failed, or the other side refused. */
  | {
      readonly type: 'dialFailed';
      readonly address: string;
      readonly code: number;
      readonly reason: string;
    };

/** Everything a node tells about itself; nothing depends on it being heard. */
export type NodeEvent =
  | EngineNotice
  | LinkEvent
  /** The store rejected a call: the node has closed its links and does nothing more. */
  | { readonly type: 'storeFailed'; readonly error: unknown };
