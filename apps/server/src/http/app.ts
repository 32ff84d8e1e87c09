import { randomUUID } from 'node:crypto';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import type { Access } from '../access/access.ts';
import type { Log } from '../telemetry/log.ts';
import type { Certificates } from '../tls/certificates.ts';
import type { EdgeAccess } from './access.ts';
import { type AdminActions, adminRoutes } from './admin.ts';
import type { AdminAccess } from './admin-access.ts';
import { boundAnswers } from './answer-deadline.ts';
import { installAudit } from './audit.ts';
import { boundWork } from './bounded-work.ts';
import { createCallers } from './callers.ts';
import { type DamageReader, damageRoutes } from './damage.ts';
import { type DocumentDeletions, deletionRoutes } from './deletions.ts';
import { type DocumentReader, documentRoutes, listingRoutes } from './documents.ts';
import { answerFrameworkError, HttpError, installErrors } from './errors.ts';
import { installHeaders } from './headers.ts';
import { healthRoutes, type Readiness } from './health.ts';
import { createHttpServer } from './http-server.ts';
import { installJsonBodies } from './json-bodies.ts';
import { landingRoute } from './landing.ts';
import type { DocumentsInMany } from './many-documents.ts';
import { refusedHead } from './request-head.ts';
import { revocationRoutes, type TokenRevocations } from './revocations.ts';

/** What the HTTP side needs of a node; asked at every request, so that it can listen before the store is open. */
export interface AppDeps {
  readonly log: Log;
  readonly access: EdgeAccess;
  readonly trustProxy: readonly string[];
  /** Whether a token may come in an address. */
  readonly tokenInUrl: boolean;
  /** Undefined: the port speaks plain HTTP. */
  readonly certificates: Certificates | undefined;
  readonly metrics: Registry;
  readonly readiness: () => Readiness;
  /** The body of `/api/status`. */
  readonly status: () => Promise<object>;
  readonly adminAccess: AdminAccess;
  /** Whether callers need tokens: then what tells of documents and peers is for operators. */
  readonly hasTokens: boolean;
  /** Undefined until the store is open. */
  readonly served: () => ServedOverHttp | undefined;
}

/** What is there once the store is open. */
export interface ServedOverHttp {
  /** Which start of which replica this is: what operators' proofs are made for. */
  readonly node: string;
  readonly documents: DocumentReader;
  readonly damage: DamageReader;
  readonly admin: AdminActions;
  readonly deletions: DocumentDeletions;
  readonly manyDocuments: DocumentsInMany;
  readonly access: Pick<Access, 'caller'>;
  readonly revocations: TokenRevocations;
}

/** The HTTP side of a node. WebSocket upgrades on the same port are not its business. */
export function createApp(deps: AppDeps): FastifyInstance {
  const log = deps.log.child({ part: 'http' });
  // What Fastify has to say by itself ("listening") others say better.
  const logger: FastifyBaseLogger = deps.log.child({ part: 'http' }, { level: 'warn' });
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: deps.trustProxy.length > 0 ? [...deps.trustProxy] : false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true,
    return503OnClosing: true,
    serverFactory: (handler) => createHttpServer(handler, deps.certificates),
    frameworkErrors: answerFrameworkError,
    routerOptions: { maxParamLength: 4096 },
  });
  installErrors(app);
  installHeaders(app, { isSecured: deps.certificates !== undefined });
  installJsonBodies(app);
  boundAnswers(app);
  app.addHook('onRequest', async (request) => {
    const refused = refusedHead(request.raw, { isUpgrade: false, tokenInUrl: deps.tokenInUrl });
    if (refused !== undefined) throw new HttpError(refused.code, refused.message);
    if (!deps.access.hostAllowed(request.headers.host)) {
      throw new HttpError('HOST_REFUSED', 'this Host is not served here; see --allow-host');
    }
  });
  installAudit(app, log);
  app.addHook('onResponse', async (request, reply) => {
    // Without the query: it may carry a token.
    const path = request.url.split('?', 1)[0];
    log.debug({ method: request.method, path, status: reply.statusCode, requestId: request.id }, 'request');
  });

  landingRoute(app);
  healthRoutes(app, deps);
  const served = (): ServedOverHttp => {
    const opened = deps.served();
    if (opened === undefined) throw new HttpError('NOT_READY', 'the store is not open yet');
    return opened;
  };
  const callers = createCallers(() => served().access);
  void app.register(async (bounded) => {
    boundWork(bounded, { atOnce: 8, waiting: 64 });
    documentRoutes(bounded, () => served().documents, callers);
  });
  void app.register(async (bounded) => {
    // Each takes the event loop for milliseconds.
    boundWork(bounded, { atOnce: 2, waiting: 64 });
    listingRoutes(bounded, () => served().documents, callers);
    void bounded.register(guardedRoutes);
  });
  async function guardedRoutes(guarded: FastifyInstance): Promise<void> {
    if (deps.hasTokens) guarded.addHook('onRequest', (request) => deps.adminAccess.require(request));
    guarded.get('/api/status', async () => deps.status());
    damageRoutes(guarded, () => served().damage);
  }
  revocationRoutes(app, deps.adminAccess, () => served().revocations);
  deletionRoutes(app, deps.adminAccess, () => served().deletions);
  adminRoutes(
    app,
    deps.adminAccess,
    () => served().admin,
    () => served().manyDocuments,
  );
  return app;
}

/** No route takes more than a few names. */
const maxBodyBytes = 65_536;
