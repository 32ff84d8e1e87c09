import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { EdgeAccess } from './access.ts';
import { answerFrameworkError, HttpError, installErrors } from './errors.ts';
import { installHeaders } from './headers.ts';
import { createHttpServer } from './http-server.ts';
import { createMetricsPage } from './metrics-page.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why not, as a code. */
  readonly reason?: string;
}

export interface HealthDeps {
  readonly readiness: () => Readiness;
  readonly metrics: Registry;
  /** Its name, once the store is open. */
  readonly served: () => { readonly node: string } | undefined;
}

/** How the node is. None of it tells of documents or people. */
export function healthRoutes(app: FastifyInstance, { readiness, metrics, served }: HealthDeps): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const present = readiness();
    return reply.code(present.ready ? 200 : 503).send({ ...present, node: served()?.node });
  });
  const page = createMetricsPage(metrics);
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await page()));
}

/**
 * The same on a port of its own. Node accepts one connection of a port in a turn of its event loop, so on the clients' port a
 * question waits behind all who have connected before it; here it waits for one turn, and tells of the same loop's life.
 */
export function createHealthApp(deps: HealthDeps & { readonly access: EdgeAccess }): FastifyInstance {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    serverFactory: (handler) => createHttpServer(handler, undefined),
    frameworkErrors: answerFrameworkError,
  });
  installErrors(app);
  installHeaders(app, { isSecured: false });
  app.addHook('onRequest', async (request) => {
    if (!deps.access.hostAllowed(request.headers.host)) {
      throw new HttpError('HOST_REFUSED', 'this Host is not served here; see --allow-host');
    }
  });
  healthRoutes(app, deps);
  return app;
}
