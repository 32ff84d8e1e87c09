import type { Permission } from '@hearsay/client-protocol';
import type { UpdateOrigin } from '@hearsay/storage';

/** A document, as its clients call it. */
export interface DocumentName {
  readonly collection: string;
  readonly name: string;
}

/** Where a change came from: a client of this node, this program, or another node or replica. */
export type ChangeSource = 'client' | 'server' | 'peer';

export interface ProposedUpdate extends DocumentName {
  readonly source: 'client' | 'server';
  /** A Yjs update (v1). */
  readonly update: Uint8Array;
}

export interface StoredUpdate extends DocumentName {
  readonly source: ChangeSource;
  /** Counts from 1, one up each time the document is begun anew after it was deleted. */
  readonly life: number;
  /** A Yjs update (v1) of what was new; null: the document was deleted. */
  readonly update: Uint8Array | null;
}

/** What an application decides for itself, on the node that runs inside it. */
export interface HearsayHooks {
  /**
   * Asked for every login of a client to a document, after the node's own keys where there are any. What it grants is what both
   * grant; null refuses. HTTP callers then read only documents they administer, and replicas of clients, which
   * take whole collections, are turned away. One that throws refuses.
   */
  authorise?(
    login: DocumentName & { readonly token: string | null },
  ): Permission | null | Promise<Permission | null>;
  /**
   * Asked before anything a client of this node or this program writes is stored. Returns why it must not be, undefined
   * otherwise; the reason is told to the writer. Replicas of clients then only read. Other nodes are not asked again: give all of
   * them the same hook. One that throws refuses.
   */
  beforeUpdate?(proposed: ProposedUpdate): string | undefined | Promise<string | undefined>;
  /** Told of every change once it is synced to disk, in order, wherever it came from. */
  afterStore?(stored: StoredUpdate): void;
}

/** What an application is told of where a change came from. */
export function sourceOf(origin: UpdateOrigin): ChangeSource {
  if (origin.kind === 'client') return 'client';
  return origin.kind === 'peer' ? 'peer' : 'server';
}
