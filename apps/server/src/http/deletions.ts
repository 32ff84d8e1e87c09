import { type DocumentId, documentId, type Result } from '@hearsay/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DeletionError, Deletions } from '../maintenance/deletions.ts';
import type { AdminAccess } from './admin-access.ts';
import { auditDetails } from './audit.ts';
import { requireId } from './documents.ts';
import { HttpError } from './errors.ts';
import { pageSize, positionOf, single } from './pages.ts';

/** What the routes below need. */
export type DocumentDeletions = Pick<Deletions, 'delete' | 'planned' | 'undelete' | 'kept'>;

/**
 * `DELETE /api/documents/:collection/:name` (with `life`: of just that life; with `dryRun=true`: not at all), `GET /api/deleted` and `POST /api/deleted/:collection/:name`: for operators.
 */
export function deletionRoutes(
  app: FastifyInstance,
  access: AdminAccess,
  deletions: () => DocumentDeletions,
): void {
  /** Who may not is told so before anything is said of the name. */
  async function administered(request: FastifyRequest): Promise<DocumentId> {
    const { collection = '', '*': name = '' } = request.params as Record<string, string>;
    const id = documentId(collection, name);
    await access.require(request, id.ok ? id.value : undefined);
    return requireId(collection, name);
  }

  void app.register(async (guarded) => {
    guarded.delete('/api/documents/:collection/*', async (request) => {
      const id = await administered(request);
      const expected = lifeOf(request.query);
      if ((request.query as Record<string, unknown>)['dryRun'] === 'true') {
        const planned = orThrow(await deletions().planned(id));
        auditDetails(request, { ...planned });
        return planned;
      }
      const deleted = orThrow(await deletions().delete(id, expected));
      auditDetails(request, { ...id, endedLife: deleted.life, keptUntil: deleted.keptUntil });
      return deleted;
    });

    guarded.get('/api/deleted', async (request) => {
      await access.require(request);
      return deletions().kept(positionOf(single(request.query, 'after')), pageSize(request.query, 500));
    });

    guarded.post('/api/deleted/:collection/*', async (request) => {
      const id = await administered(request);
      const back = orThrow(await deletions().undelete(id));
      auditDetails(request, { ...id, begunLife: back.life });
      return { ...id, ...back };
    });
  });
}

/** The life that is meant, where the caller says it. */
function lifeOf(query: unknown): number | undefined {
  const { life } = query as Record<string, unknown>;
  if (life === undefined) return undefined;
  if (typeof life !== 'string' || !/^[1-9]\d{0,9}$/.test(life)) {
    throw new HttpError('BAD_REQUEST', 'life takes the number of the life that is to end');
  }
  return Number(life);
}

function orThrow<T>(result: Result<T, DeletionError>): T {
  if (result.ok) return result.value;
  throw new HttpError(result.error.code, result.error.message);
}
