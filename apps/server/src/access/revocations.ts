import { documentKey } from '@hearsay/core';
import { MapDocument } from '@hearsay/document';
import type { CommittedChange, DocumentStore } from '@hearsay/storage';
import { reservedCollection } from './reserved.ts';
import { type Bearer, leewayMs } from './tokens.ts';

/** Tokens that are void before they expire, on every node: a document of the store's own, which gossip carries like any other. */
export interface Revocations {
  /** Void from now on. */
  isRevoked(bearer: Bearer): boolean;
  /** One token, by its `jti`. Resolves when it is on disk here. */
  revokeToken(tokenId: string): Promise<void>;
  /** All tokens of a subject that have been issued until now, by any clock that is taken: new ones are good half a minute later. */
  revokeSubject(subject: string): Promise<void>;
  list(): readonly Revocation[];
  /** To be told of every batch. */
  committed(changes: readonly CommittedChange[]): void;
}

export type Revocation =
  | { readonly token: string; readonly until: string }
  | { readonly subject: string; readonly issuedUntil: string };

export interface RevocationsDeps {
  readonly store: DocumentStore;
  /** Wall clock that is not put back while the node runs. */
  readonly now: () => number;
  /** Longest life of a token: after that nobody needs to remember its revocation. */
  readonly maxAgeMs: number;
}

const id = { collection: reservedCollection, name: 'revocations' } as const;
const key = documentKey(id);

/** Beyond, the oldest are only forgotten once they have expired; a revocation is never refused. */
const graceMs = 600_000;

export async function openRevocations({ store, now, maxAgeMs }: RevocationsDeps): Promise<Revocations> {
  const entries = new MapDocument();
  const stored = await store.read(id);
  if (stored.ok) for (const update of stored.value?.updates ?? []) entries.apply(update);

  /** Times are seconds: of a token when its revocation can be forgotten, of a subject until when tokens are void. */
  async function put(name: string, seconds: number): Promise<void> {
    const past = entries.entries().filter(([known, value]) => forgottenAtMs(known, value) < now());
    const set = new Map([[name, Math.max(seconds, entries.get(name) ?? 0)]]);
    const update = entries.change(
      set,
      past.map(([known]) => known).filter((known) => known !== name),
    );
    if (update === null) return;
    const written = await store.submit(id, update, { kind: 'local' });
    if (!written.ok) throw new Error(`${written.error.code}: ${written.error.message}`);
  }

  function forgottenAtMs(name: string, seconds: number): number {
    return name.startsWith('token:') ? seconds * 1000 : seconds * 1000 + maxAgeMs + graceMs;
  }

  return {
    isRevoked({ tokenId, subject, issuedAtMs }) {
      if (tokenId !== null && entries.get(`token:${tokenId}`) !== undefined) return true;
      return issuedAtMs <= (entries.get(`subject:${subject}`) ?? -1) * 1000;
    },
    revokeToken: (tokenId) => put(`token:${tokenId}`, Math.ceil((now() + maxAgeMs + graceMs) / 1000)),
    revokeSubject: (subject) => put(`subject:${subject}`, Math.ceil((now() + leewayMs) / 1000)),
    list() {
      return entries.entries().map(([name, seconds]): Revocation => {
        const at = new Date(seconds * 1000).toISOString();
        return name.startsWith('token:')
          ? { token: name.slice('token:'.length), until: at }
          : { subject: name.slice('subject:'.length), issuedUntil: at };
      });
    },
    committed(changes) {
      for (const change of changes) {
        if (change.key === key && change.update !== null && change.origin.kind !== 'local')
          entries.apply(change.update);
      }
    },
  };
}
