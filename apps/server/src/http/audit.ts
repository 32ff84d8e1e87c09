import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Log } from '../telemetry/log.ts';

interface Entry {
  who?: string;
  details: Readonly<Record<string, unknown>>;
}

const entries = new WeakMap<FastifyRequest, Entry>();

/** Who asks, once that is known: `cluster secret`, `program on this machine`, or the subject and id of a token. */
export function auditCaller(request: FastifyRequest, who: string): void {
  entryOf(request).who = who;
}

/** What a request is about that its path does not say, or what came of it. Nothing secret. */
export function auditDetails(request: FastifyRequest, details: Readonly<Record<string, unknown>>): void {
  const entry = entryOf(request);
  entry.details = { ...entry.details, ...details };
}

/**
 * One line of code AUDIT for every request below `/api` that changes something, or takes everything away, whatever came of it: who,
 * what, of what, with which status.
 */
export function installAudit(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    if (!isAuditedRequest(request)) return;
    const path = pathOf(request.url);
    const { who = 'nobody', details } = entryOf(request);
    const { method, id: requestId, ip: address } = request;
    const what = { who, method, path, ...details, status: reply.statusCode, address, requestId };
    log.info({ code: 'AUDIT', ...what }, 'asked by an operator');
  });
}

/** By method, so that no route can forget it. */
export function isAudited(method: string, path: string): boolean {
  const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(method) && path !== '/api/admin/backup';
  return path.startsWith('/api/') && !isRead;
}

/** By the route where there is one: a path may be written in several ways. */
export function isAuditedRequest({ method, url, routeOptions }: FastifyRequest): boolean {
  return isAudited(method, routeOptions.url ?? pathOf(url));
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function entryOf(request: FastifyRequest): Entry {
  const known = entries.get(request) ?? { details: {} };
  entries.set(request, known);
  return known;
}
