import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Revocations } from '../access/revocations.ts';
import type { AdminAccess } from './admin-access.ts';
import { auditDetails } from './audit.ts';
import { HttpError } from './errors.ts';
import { pageOf } from './pages.ts';

/** What the routes below need. */
export type TokenRevocations = Pick<Revocations, 'revokeToken' | 'revokeSubject' | 'list'>;

/** `GET` and `POST /api/revocations`, for operators: tokens that are void on every node. */
export function revocationRoutes(
  app: FastifyInstance,
  access: AdminAccess,
  revocations: () => TokenRevocations,
): void {
  const name = z.string().min(1).max(256);
  const body = z.union([z.strictObject({ token: name }), z.strictObject({ subject: name })]);
  void app.register(async (guarded) => {
    guarded.addHook('onRequest', (request) => access.require(request));

    guarded.get('/api/revocations', async (request) => {
      const { page, next } = pageOf(
        revocations().list(),
        (revocation) =>
          'token' in revocation ? `token:${revocation.token}` : `subject:${revocation.subject}`,
        request.query,
      );
      return { revocations: page, next };
    });

    guarded.post('/api/revocations', async (request) => {
      const asked = body.safeParse(request.body);
      if (!asked.success)
        throw new HttpError('BAD_REQUEST', 'the body takes {"token": JTI} or {"subject": SUB}');
      auditDetails(request, { revoked: asked.data });
      if ('token' in asked.data) await revocations().revokeToken(asked.data.token);
      else await revocations().revokeSubject(asked.data.subject);
      return { revoked: asked.data };
    });
  });
}
