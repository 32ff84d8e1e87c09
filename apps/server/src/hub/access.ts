import type { Permission } from '@hearsay/client-protocol';
import type { DocumentId } from '@hearsay/core';

/** What a login comes to; `permission` null refuses, for `reason`. */
export interface AccessDecision {
  readonly permission: Permission | null;
  readonly reason: string;
  /** The login itself is missing, wrong or over, rather than its rights. */
  readonly isUnauthorised?: boolean;
  /** Nobody can tell now: the client is to come back. */
  readonly isTemporary?: boolean;
  /** Of a login that ends; none: it holds for ever. */
  readonly standing?: Standing;
}

/** How long a login holds. */
export interface Standing {
  /** Who stands behind it. */
  readonly user: string;
  /** Milliseconds of wall clock. */
  readonly endsAtMs: number;
  /** Why it holds no more; null while it does. Costs nothing. */
  whyOver(): string | null;
}

/** Decides what the bearer of a token may do to a document. */
export interface DocumentAccess {
  decide(id: DocumentId, token: string | null): Promise<AccessDecision>;
}
