import { Writable } from 'node:stream';
import { type DocumentKey, err, ok, taggedError } from '@hearsay/core';
import type { BackupPosition } from '@hearsay/storage';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { Registry } from 'prom-client';
import { openAccess } from '../access/access.ts';
import { createEdgeAccess } from '../http/access.ts';
import type { AdminActions } from '../http/admin.ts';
import { createAdminAccess } from '../http/admin-access.ts';
import { type AppDeps, createApp } from '../http/app.ts';
import type { DamageReader } from '../http/damage.ts';
import type { DocumentDeletions } from '../http/deletions.ts';
import type { DocumentReader } from '../http/documents.ts';
import type { DocumentsInMany } from '../http/many-documents.ts';
import type { TokenRevocations } from '../http/revocations.ts';
import { createLog } from '../telemetry/log.ts';

const apps: FastifyInstance[] = [];

/** Closes what {@link app} made. */
export async function closeApps(): Promise<void> {
  await Promise.all(apps.splice(0).map((app) => app.close()));
}

export const shelf: DocumentReader = {
  collections: async () => ['default', 'notes'],
  page: async (collection, prefix, after, limit) => ({
    documents: [{ name: `${collection}|${prefix}|${after}|${limit}`, digest: 'd' }],
    next: 'more',
  }),
  json: async ({ collection, name }) => {
    if (name === 'damaged') return err(taggedError('DOCUMENT_DAMAGED', 'is damaged'));
    if (name === 'broken') throw new Error('secret path /var/x');
    if (name === 'gone') return ok(undefined);
    return ok({
      life: 1,
      digest: 'd',
      json: new TextEncoder().encode(JSON.stringify({ at: [collection, name] })),
    });
  },
  state: async () => ok(Uint8Array.of(0, 0)),
};

export const secret = '5f0c7ab1e99d42c6b83a1740d2ce96fb';
/** Which start of which replica it is. */
export const node = 'b7c0a4d2e85f41968a3d07f1c6e92b45/3';
export const key = 'a'.repeat(32) as DocumentKey;

export const damage: DamageReader = {
  quarantined: () =>
    Array.from({ length: 501 }, (_, index) => ({
      key: index.toString(16).padStart(32, '0') as DocumentKey,
      collection: 'default',
      name: `n${index}`,
      reason: 'CHECKSUM',
    })),
  parked: async () => [{ key, collection: null, name: null }],
};

export const admin: AdminActions = {
  release: (asked: DocumentKey) => asked === key,
  repair: () => 2,
  salvage: async (asked: DocumentKey) => asked === key,
  backup: async function* (since: BackupPosition | undefined) {
    yield new TextEncoder().encode(JSON.stringify(since ?? null));
  },
};

export const gone = {
  collection: 'default',
  name: 'gone',
  life: 1,
  deletedAt: '2026-01-01T00:00:00.000Z',
  keptUntil: null,
};

export const revocations: TokenRevocations = {
  revokeToken: async () => {},
  revokeSubject: async () => {},
  list: () => [{ token: 'a', until: '2026-01-01T00:00:00.000Z' }],
};

export const deletions: DocumentDeletions = {
  delete: async ({ name }) =>
    name === 'gone' ? ok(gone) : err({ code: 'DOCUMENT_NOT_FOUND', message: 'never written', retry: false }),
  planned: async (id) => ok({ ...id, life: 1, dryRun: true }),
  undelete: async ({ name }) =>
    name === 'gone' ? ok({ life: 2 }) : err({ code: 'NOT_KEPT', message: 'nothing is kept', retry: false }),
  kept: async () => ({ documents: [gone], next: null }),
};

export const manyDocuments: DocumentsInMany = {
  delete: async ({ collection, prefix }) =>
    prefix === 'full'
      ? err({ code: 'NOT_READY', message: 'the disk is full', retry: true })
      : ok({
          documents: 2,
          failed: [{ name: `${collection}|${prefix}`, code: 'DOCUMENT_DAMAGED' }],
          next: 'more',
        }),
  undelete: async () => ok({ documents: 3, failed: [], next: null }),
  count: async (what, { limit }) => ({ documents: what === 'delete' ? limit : 0, failed: [], next: null }),
};

/** The HTTP side of a node that holds next to nothing; `deps` in place of its own. */
export function app(deps: Partial<AppDeps> = {}): FastifyInstance {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const made = createApp({
    log: createLog({ level: 'info', format: 'json', output }),
    access: createEdgeAccess({ host: '127.0.0.1', allowOrigin: [], allowHost: [] }),
    trustProxy: [],
    tokenInUrl: false,
    certificates: undefined,
    metrics: new Registry(),
    readiness: () => ({ ready: true }),
    status: async () => ({ node: 'here' }),
    adminAccess: createAdminAccess({ secret, host: '127.0.0.1', node: () => node, now: () => 0 }),
    hasTokens: false,
    served: () => ({
      node,
      documents: shelf,
      damage,
      admin,
      deletions,
      manyDocuments,
      access: openAccess,
      revocations,
    }),
    ...deps,
  });
  apps.push(made);
  return made;
}

export const headers = { host: '127.0.0.1' };

/** What it answers to a program on this machine. */
export async function get(url: string, deps: Partial<AppDeps> = {}): Promise<LightMyRequestResponse> {
  return app(deps).inject({ url, headers });
}
