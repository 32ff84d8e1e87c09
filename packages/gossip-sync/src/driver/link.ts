import type { ReplicaId } from '@hearsay/core';
import type { Handshake } from '../handshake/handshake.ts';
import type { HelloMessage } from '../handshake/messages.ts';
import type { LinkDirection, LinkId } from '../ports.ts';
import type { Outlet } from './outlet.ts';
import type { Joiner } from './parts.ts';

/** One pipe and how far it has come. */
export interface Link {
  readonly id: LinkId;
  readonly direction: LinkDirection;
  readonly address: string;
  readonly nonce: string;
  readonly handshake: Handshake;
  readonly outlet: Outlet;
  readonly joiner: Joiner;
  readonly openedAt: number;
  /** Frames that came after the last word of the handshake and before it is verified. */
  readonly held: Uint8Array[];
  heldBytes: number;
  cancelTimeout: () => void;
  /** Whom the peer says to be; proven once the link is current. */
  hello: HelloMessage | null;
  isClosing: boolean;
  isCongested: boolean;
  bytesIn: number;
  bytesOut: number;
}

/** What the status tells of a link. */
export interface LinkStatus {
  readonly direction: LinkDirection;
  readonly address: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly bufferedBytes: number;
}

/** What links tell the node. */
export interface LinksListener {
  linkUp(peer: HelloMessage, direction: LinkDirection, address: string): void;
  linkDown(peer: ReplicaId, code: number, reason: string): void;
  dialEnded(address: string, code: number, reason: string, peer: ReplicaId | null): void;
  congested(peer: ReplicaId): void;
  drained(peer: ReplicaId): void;
  /** It has taken in some of what was sent. */
  arrived(peer: ReplicaId): void;
  frame(peer: ReplicaId, frame: Uint8Array): void;
  /** Another process speaks as this very one. */
  cloned(): void;
  /** `twins`: of two with one replica id, where either is. */
  refused(
    link: Link,
    peer: ReplicaId | null,
    code: number,
    reason: string,
    twins?: readonly [string, string],
  ): void;
}

/** Where the peer says that it is, and where its connection comes from. */
export function whereabouts({ hello, address }: Link): string {
  const said = hello?.addresses[0];
  return said === undefined || said === address ? address : `${said} (${address})`;
}
