import { Readable } from 'node:stream';
import type { DocumentKey } from '@hearsay/core';
import type { BackupPosition } from '@hearsay/storage';
import type { FastifyInstance } from 'fastify';
import type { AdminAccess } from './admin-access.ts';
import { HttpError } from './errors.ts';
import { type DocumentsInMany, manyDocumentsRoutes } from './many-documents.ts';

/** What operators may have a node do. */
export interface AdminActions {
  /** Lets a parked document be built again; false when it was not parked. */
  release(key: DocumentKey): boolean;
  /** Takes what can be read of a damaged document for the whole of it; false when nothing can, or it is not damaged. */
  salvage(key: DocumentKey): Promise<boolean>;
  /** Compares the store with those of all linked peers now; returns how many. */
  repair(): number;
  /** One part of a backup: the changes since a part before, or everything. */
  backup(since: BackupPosition | undefined): AsyncIterable<Uint8Array>;
}

/** `/api/admin/…`: refused to everybody who cannot prove to be an operator. */
export function adminRoutes(
  app: FastifyInstance,
  access: AdminAccess,
  actions: () => AdminActions,
  many: () => DocumentsInMany,
): void {
  void app.register(
    async (admin) => {
      admin.addHook('onRequest', (request) => access.require(request));

      admin.get('/backup', async (request, reply) => {
        const part = actions().backup(positionOf(request.query));
        // A stream that fails ends its connection in the middle of a chunk: nobody takes it for the whole.
        return reply.type('application/octet-stream').send(Readable.from(part, { objectMode: false }));
      });

      manyDocumentsRoutes(admin, many);

      admin.post('/repair', async () => ({ peers: actions().repair() }));

      admin.delete('/parked/:key', async (request) => {
        if (!actions().release(keyOf(request.params))) {
          throw new HttpError(
            'DOCUMENT_NOT_FOUND',
            'no parked document has this key; /api/parked lists them',
          );
        }
        return { released: true };
      });

      admin.post('/damaged/:key/salvage', async (request) => {
        if (!(await actions().salvage(keyOf(request.params)))) {
          throw new HttpError(
            'DOCUMENT_NOT_FOUND',
            'no damaged document has this key, or nothing of it can be read',
          );
        }
        return { salvaged: true };
      });
    },
    { prefix: '/api/admin' },
  );
}

function positionOf(query: unknown): BackupPosition | undefined {
  const { replica: replicaId, since, start } = query as Record<string, unknown>;
  if (replicaId === undefined && since === undefined) return undefined;
  if (typeof replicaId !== 'string' || typeof since !== 'string' || !/^\d{1,15}$/.test(since)) {
    throw new HttpError(
      'BAD_REQUEST',
      'replica and since take an id and a number, as the part before has them',
    );
  }
  // Commands of earlier versions tell no start.
  return { replicaId, cursor: Number(since), start: typeof start === 'string' ? start : undefined };
}

function keyOf(params: unknown): DocumentKey {
  const { key = '' } = params as Record<string, string>;
  if (!/^[0-9a-f]{32}$/.test(key))
    throw new HttpError('BAD_REQUEST', 'a document key has 32 hexadecimal digits');
  return key as DocumentKey;
}
