import type { DocumentKey } from '@hearsay/core';
import type { FastifyInstance } from 'fastify';
import { pageOf } from './pages.ts';

/** A document that is not served, or not built, here. */
export interface AilingDocument {
  readonly key: DocumentKey;
  /** Null where the name is lost with the rest. */
  readonly collection: string | null;
  readonly name: string | null;
}

/** A document in quarantine. */
export interface QuarantinedDocument extends AilingDocument {
  /** Such as `CHECKSUM`. */
  readonly reason: string;
}

/** What the routes below need of a node. */
export interface DamageReader {
  quarantined(): readonly QuarantinedDocument[];
  parked(): Promise<readonly AilingDocument[]>;
}

/** `GET /api/damaged` and `GET /api/parked`: what needs attention, in pages. */
export function damageRoutes(app: FastifyInstance, reader: () => DamageReader): void {
  app.get('/api/damaged', async (request) => paged(reader().quarantined(), request.query));
  app.get('/api/parked', async (request) => paged(await reader().parked(), request.query));
}

function paged<T extends AilingDocument>(
  documents: readonly T[],
  query: unknown,
): { readonly total: number; readonly documents: readonly T[]; readonly next: string | null } {
  const { page, next } = pageOf(documents, ({ key }) => key, query);
  return { total: documents.length, documents: page, next };
}
