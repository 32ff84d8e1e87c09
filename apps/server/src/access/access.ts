import type { Permission } from '@hearsay/client-protocol';
import type { Clock, DocumentId } from '@hearsay/core';
import type { Interest } from '@hearsay/gossip-sync';
import type { GuestAccess } from '../guests/access.ts';
import type { AccessDecision, DocumentAccess, Standing } from '../hub/access.ts';
import { type Grant, isOperator, mayDo, mayDoAll, permissionOf } from './grants.ts';
import { isReserved } from './reserved.ts';
import type { Revocations } from './revocations.ts';
import type { Bearer, Tokens } from './tokens.ts';

/** Everything that is asked about a bearer's rights, wherever the token came from. */
export interface Access extends DocumentAccess, GuestAccess {
  /** Of an HTTP caller; a refusal says whether the token itself is at fault. */
  caller(token: string | null): Promise<Caller | Refusal>;
}

export interface Refusal {
  readonly refusal: string;
  readonly isTemporary: boolean;
}

/** What an HTTP caller may do. */
export interface Caller {
  mayRead(id: DocumentId): boolean;
  /** All documents of a collection whose names begin with `prefix`. */
  mayList(collection: string, prefix: string): boolean;
  mayAdminister(id: DocumentId): boolean;
  readonly isOperator: boolean;
  /** Subject and id of its token; null: nobody is told apart. */
  readonly name: string | null;
}

const all: readonly Grant[] = [{ collection: '*', documents: '*', allow: ['read', 'write', 'presence'] }];

/** Everybody may read and write everything, except what nodes tell each other. */
export const openAccess: Access = {
  decide: async (id) => permit(all, id),
  admit: async (interest) => ({ ...admission(all, interest) }),
  caller: async () => callerOf(all, null),
};

export interface TokenAccessDeps {
  readonly tokens: Tokens;
  readonly revocations: Revocations;
  readonly clock: Clock;
}

/** Rights are what a token says, for as long as it is valid. */
export function createTokenAccess({ tokens, revocations, clock }: TokenAccessDeps): Access {
  async function check(token: string | null): Promise<Bearer | Refusal> {
    if (token === null || token === '') return { refusal: 'this takes a token', isTemporary: false };
    const checked = await tokens.check(token);
    if (!checked.ok) return { refusal: checked.reason, isTemporary: checked.isTemporary };
    const over = whyOver(checked.bearer);
    return over === null ? checked.bearer : { refusal: over, isTemporary: false };
  }

  function whyOver(bearer: Bearer): string | null {
    if (revocations.isRevoked(bearer)) return 'the token has been revoked';
    if (!tokens.isKeyCurrent(bearer)) return 'the key of the token has been withdrawn';
    return clock.now() > bearer.expiresAtMs ? 'the token has expired' : null;
  }

  /** A clock that is put back lengthens nothing: what was left of the token at its login is all there is. */
  function standingOf(bearer: Bearer): Standing {
    const leftMs = bearer.expiresAtMs - clock.now();
    const endsAt = clock.monotonic() + leftMs;
    return {
      user: bearer.subject,
      endsAtMs: bearer.expiresAtMs,
      whyOver: () => (clock.monotonic() > endsAt ? 'the token has expired' : whyOver(bearer)),
    };
  }

  return {
    async decide(id, token) {
      const bearer = await check(token);
      if ('refusal' in bearer) {
        const { refusal: reason, isTemporary } = bearer;
        return { permission: null, reason, isUnauthorised: true, isTemporary };
      }
      return { ...permit(bearer.grants, id), standing: standingOf(bearer) };
    },
    async admit(interest, token) {
      const bearer = await check(token);
      if ('refusal' in bearer) {
        const { refusal: reason, isTemporary } = bearer;
        return { isAdmitted: false, reason, ...(isTemporary && { isTemporary }) };
      }
      return admission(bearer.grants, interest);
    },
    async caller(token) {
      const bearer = await check(token);
      if ('refusal' in bearer) return bearer;
      const { subject, tokenId, grants } = bearer;
      return callerOf(grants, tokenId === null ? subject : `${subject} (${tokenId})`);
    },
  };
}

function permit(grants: readonly Grant[], id: DocumentId): AccessDecision {
  const permission: Permission | null = isReserved(id.collection) ? null : permissionOf(grants, id);
  return { permission, reason: permission === null ? 'no right to this document' : '' };
}

function admission(
  grants: readonly Grant[],
  { collections, prefix }: Interest,
): Awaited<ReturnType<GuestAccess['admit']>> {
  const may = (right: 'read' | 'write'): boolean =>
    collections.every((name) => !isReserved(name) && mayDoAll(grants, right, name, prefix));
  if (!may('read')) return { isAdmitted: false, reason: 'no right to all of these documents' };
  return { isAdmitted: true, mayWrite: may('write') };
}

function callerOf(grants: readonly Grant[], name: string | null): Caller {
  const open = (id: DocumentId): boolean => !isReserved(id.collection);
  return {
    mayRead: (id) => open(id) && mayDo(grants, 'read', id),
    mayList: (collection, prefix) => !isReserved(collection) && mayDoAll(grants, 'read', collection, prefix),
    mayAdminister: (id) => open(id) && mayDo(grants, 'admin', id),
    isOperator: isOperator(grants),
    name,
  };
}
