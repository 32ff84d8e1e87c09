import type { Permission } from '@hearsay/client-protocol';
import type { DocumentId } from '@hearsay/core';

/** What a login comes to; `permission` null refuses, for `reason`. */
export interface AccessDecision {
  readonly permission: Permission | null;
  readonly reason: string;
}

/** Decides what the bearer of a token may do to a document. */
export interface DocumentAccess {
  decide(id: DocumentId, token: string | null): Promise<AccessDecision>;
}

/** Everybody may do everything: for nodes on loopback, and those told so. */
export const anonymousAccess: DocumentAccess = {
  decide: async () => ({ permission: { read: true, write: true, presence: true }, reason: '' }),
};
