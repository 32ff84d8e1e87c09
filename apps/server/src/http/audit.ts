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
 * what, of what, with which status. By method, so that no route can forget it.
 */
export function installAudit(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const isRead = request.method === 'GET' && path !== '/api/admin/backup';
    if (!path.startsWith('/api/') || isRead || ['HEAD', 'OPTIONS'].includes(request.method)) return;
    const { who = 'nobody', details } = entryOf(request);
    const { method, id: requestId, ip: address } = request;
    const what = { who, method, path, ...details, status: reply.statusCode, address, requestId };
    log.info({ code: 'AUDIT', ...what }, 'asked by an operator');
  });
}

function entryOf(request: FastifyRequest): Entry {
  const known = entries.get(request) ?? { details: {} };
  entries.set(request, known);
  return known;
}
