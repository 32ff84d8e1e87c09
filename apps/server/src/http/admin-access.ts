import { createHmac } from 'node:crypto';
import type { DocumentId } from '@hearsay/core';
import type { FastifyRequest } from 'fastify';
import { jwtVerify, SignJWT } from 'jose';
import type { Access } from '../access/access.ts';
import { isLoopback } from '../config/resolve.ts';
import { secretsIn } from '../config/secrets.ts';
import { bearerOf } from '../websocket/socket-request.ts';
import { auditCaller } from './audit.ts';
import { requireRight } from './callers.ts';
import { HttpError } from './errors.ts';

/** Decides who may ask for backups and change what a node keeps. */
export interface AdminAccess {
  /** Throws an {@link HttpError} for everybody else. With a document, not for those who may administer just that. */
  require(request: FastifyRequest, id?: DocumentId): Promise<void>;
}

export interface AdminAccessOptions {
  /** The cluster's; without one, programs on this machine are let in, as everywhere else on such a node. */
  readonly secret: string | undefined;
  /** The bound address. */
  readonly host: string;
  /** Where tokens give rights; then programs on this machine have none without. */
  readonly access?: () => Pick<Access, 'caller'>;
}

/**
 * Whoever knows the cluster secret is an operator: the command line proves it with a token that is valid for a few
 * minutes, in the `Authorization` header, which no page of another origin can set.
 */
export function createAdminAccess(options: AdminAccessOptions): AdminAccess {
  const proof = createProof(options);
  const { access } = options;
  if (access === undefined) return proof;
  return {
    async require(request, id) {
      const token = bearerOf(request.headers.authorization);
      const caller = token === null ? null : await access().caller(token);
      if (caller === null || 'refusal' in caller) return proof.require(request);
      auditCaller(request, caller.name ?? 'anybody');
      requireRight(caller.isOperator || (id !== undefined && caller.mayAdminister(id)));
    },
  };
}

function createProof({ secret, host, access }: AdminAccessOptions): AdminAccess {
  if (secret === undefined && access !== undefined) return { require: async () => requireToken() };
  if (secret === undefined) return { require: async (request) => requireThisMachine(request, host) };
  const keys = secretsIn(secret).map(adminKey);
  return {
    require: async (request) => {
      const token = /^Bearer ([\w.-]{1,2048})$/.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) return requireToken();
      for (const key of keys) {
        if (!(await isSignedWith(key, token))) continue;
        auditCaller(request, 'cluster secret');
        return;
      }
      throw new HttpError('UNAUTHORIZED', 'the token is not one of this cluster, or no longer valid');
    },
  };
}

async function isSignedWith(key: Uint8Array, token: string): Promise<boolean> {
  try {
    await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: tokenType,
      audience,
      clockTolerance: clockLeewaySeconds,
      maxTokenAge: tokenLifeSeconds,
      requiredClaims: ['exp', 'iat'],
    });
    return true;
  } catch {
    return false;
  }
}

function requireToken(): never {
  throw new HttpError('UNAUTHORIZED', 'this takes a token; the commands of hearsay make one from the secret');
}

/** A proof that its bearer knows the cluster secret (the first, of several), for {@link AdminAccess}. */
export function adminToken(secret: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: tokenType })
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(`${tokenLifeSeconds}s`)
    .sign(adminKey(secretsIn(secret)[0]));
}

/** Long enough for a clock that is off and a slow start of the answer; a long answer outlives it. */
const tokenLifeSeconds = 300;
const clockLeewaySeconds = 60;
const audience = 'hearsay-admin-api';
const tokenType = 'hearsay-admin';

/** A key of its own: no proof of a peer is ever a token here. */
function adminKey(secret: string): Buffer {
  return createHmac('sha256', secret).update('hearsay/admin/1').digest();
}

/** Programs of this machine alone; neither a page in its browser nor what a proxy passes on. */
function requireThisMachine(request: FastifyRequest, host: string): void {
  const { headers, socket } = request;
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const isBrowser = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
  const isProxied = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
  if (isLoopback(host) && isLoopback(address) && !isBrowser && !isProxied) {
    auditCaller(request, 'program on this machine');
    return;
  }
  throw new HttpError(
    'UNAUTHORIZED',
    'without a cluster secret only programs on the same machine may do this',
  );
}
