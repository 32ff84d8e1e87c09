import type { Permission } from '@hearsay/client-protocol';
import type { DocumentId } from '@hearsay/core';
import { z } from 'zod';

/** What a bearer may do. `write` includes `read`. */
export type Right = 'read' | 'write' | 'presence' | 'admin';

/** What a bearer may do with what. */
export interface Grant {
  /** A collection's name, or `*` for all. */
  readonly collection: string;
  /** A document's name, or what names begin with and `*`. */
  readonly documents: string;
  readonly allow: readonly Right[];
}

export const rights: readonly Right[] = ['read', 'write', 'presence', 'admin'];

/** The claim `hearsay` of a token. */
export const grantsClaim: z.ZodType<readonly Grant[]> = z
  .array(
    z.strictObject({
      collection: z.string().min(1).max(128).default('default'),
      documents: z.string().min(1).max(512).default('*'),
      allow: z.array(z.enum(rights)).max(rights.length),
    }),
  )
  .max(64);

export function mayDo(grants: readonly Grant[], wanted: Right, { collection, name }: DocumentId): boolean {
  return grants.some(
    (grant) => allows(grant, wanted) && isOf(grant, collection) && matches(grant.documents, name),
  );
}

/** Whether all names that begin with `prefix` are covered, not just some of them. */
export function mayDoAll(
  grants: readonly Grant[],
  wanted: Right,
  collection: string,
  prefix: string,
): boolean {
  return grants.some(
    (grant) =>
      allows(grant, wanted) &&
      isOf(grant, collection) &&
      grant.documents.endsWith('*') &&
      prefix.startsWith(grant.documents.slice(0, -1)),
  );
}

/** Everything of everything. */
export function isOperator(grants: readonly Grant[]): boolean {
  return grants.some(
    ({ collection, documents, allow }) => collection === '*' && documents === '*' && allow.includes('admin'),
  );
}

export function permissionOf(grants: readonly Grant[], id: DocumentId): Permission | null {
  const write = mayDo(grants, 'write', id);
  const read = write || mayDo(grants, 'read', id);
  return read ? { read, write, presence: mayDo(grants, 'presence', id) } : null;
}

function allows({ allow }: Grant, wanted: Right): boolean {
  return allow.includes(wanted) || (wanted === 'read' && allow.includes('write'));
}

function isOf(grant: Grant, collection: string): boolean {
  return grant.collection === '*' || grant.collection === collection;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
