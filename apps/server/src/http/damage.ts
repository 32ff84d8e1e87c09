import type { DocumentKey } from '@hearsay/core';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.ts';

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
  const { after = '' } = query as Record<string, unknown>;
  if (typeof after !== 'string') throw new HttpError('BAD_REQUEST', 'after may be given once');
  const rest = documents.filter(({ key }) => key > after).sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = rest.slice(0, pageSize);
  const next = rest.length > page.length ? (page.at(-1)?.key ?? null) : null;
  return { total: documents.length, documents: page, next };
}

const pageSize = 500;
