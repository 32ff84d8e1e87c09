import type { DocumentId, Result, TaggedError } from '@hearsay/core';
import { collectionName, documentId, namePrefix } from '@hearsay/core';
import type { FastifyInstance } from 'fastify';
import { defaultCollection } from '../websocket/socket-request.ts';
import { type Callers, requireRight } from './callers.ts';
import { HttpError } from './errors.ts';
import { pageOf, pageSize, single } from './pages.ts';

/** One line of a listing. */
export interface ListedDocument {
  readonly name: string;
  /** As the index has it; null for a moment after the first write. */
  readonly digest: string | null;
}

export interface DocumentPage {
  readonly documents: readonly ListedDocument[];
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** A document's shared types as JSON text in UTF-8, with what identifies the state it shows. */
export interface DocumentJson {
  readonly life: number;
  readonly digest: string;
  readonly json: Uint8Array;
}

export type DocumentReadError = TaggedError<
  'DOCUMENT_DAMAGED' | 'DOCUMENT_TOO_COSTLY' | 'OVERLOADED' | 'NOT_READY'
>;

/** What the routes below need of a store. */
export interface DocumentReader {
  collections(): Promise<readonly string[]>;
  /** Names beginning with `prefix` and after `after`, ascending. */
  page(collection: string, prefix: string, after: string, limit: number): Promise<DocumentPage>;
  /** Built off the main thread; undefined when there is no such document. */
  json(id: DocumentId): Promise<Result<DocumentJson | undefined, DocumentReadError>>;
  /** The whole state as one Yjs update, format v1. */
  state(id: DocumentId): Promise<Result<Uint8Array | undefined, DocumentReadError>>;
}

/** `GET /api/collections` and `/api/documents`, of what the caller may read. */
export function listingRoutes(app: FastifyInstance, reader: () => DocumentReader, callers: Callers): void {
  app.get('/api/collections', async (request) => {
    const caller = await callers(request);
    const collections = await reader().collections();
    const listed = collections.filter((collection) => caller.mayList(collection, ''));
    const { page, next } = pageOf(listed, (collection) => collection, request.query);
    return { collections: page, next };
  });

  app.get('/api/documents', async (request) => {
    const { query } = request;
    const collection = valid(collectionName(single(query, 'collection') ?? defaultCollection));
    const limit = pageSize(query, 100);
    const prefix = valid(namePrefix(single(query, 'prefix') ?? ''));
    const after = valid(namePrefix(single(query, 'after') ?? ''));
    requireRight((await callers(request)).mayList(collection, prefix));
    const page = await reader().page(collection, prefix, after, limit);
    return { collection, ...page };
  });
}

/** `GET /api/documents/:collection/:name`, where the caller may read it. */
export function documentRoutes(app: FastifyInstance, reader: () => DocumentReader, callers: Callers): void {
  // A wildcard, because names may hold slashes, encoded or not.
  app.get('/api/documents/:collection/*', async (request, reply) => {
    const params = request.params as Record<string, string>;
    const id = requireId(params['collection'] ?? '', params['*'] ?? '');
    requireRight((await callers(request)).mayRead(id));
    const format = single(request.query, 'format') ?? 'json';
    if (format === 'update') {
      return reply.type('application/octet-stream').send(Buffer.from(await found(id, reader().state(id))));
    }
    if (format !== 'json') throw new HttpError('BAD_REQUEST', 'format takes json or update');
    const { life, digest, json } = await found(id, reader().json(id));
    const head = JSON.stringify({ ...id, life, digest }).slice(0, -1);
    return reply
      .type('application/json; charset=utf-8')
      .send(Buffer.concat([Buffer.from(`${head},"content":`), json, Buffer.from('}')]));
  });
}

export function requireId(collection: string, name: string): DocumentId {
  return valid(documentId(collection, name));
}

export function valid<T>(named: Result<T, TaggedError>): T {
  if (!named.ok) throw new HttpError('NAME_INVALID', named.error.message);
  return named.value;
}

async function found<T>(id: DocumentId, read: Promise<Result<T | undefined, DocumentReadError>>): Promise<T> {
  const result = await read;
  if (!result.ok) throw new HttpError(result.error.code, result.error.message);
  if (result.value === undefined) {
    throw new HttpError(
      'DOCUMENT_NOT_FOUND',
      `no document of this name in collection ${JSON.stringify(id.collection)}`,
    );
  }
  return result.value;
}
