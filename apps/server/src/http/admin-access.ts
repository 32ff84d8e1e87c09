import { createHmac, randomUUID } from 'node:crypto';
import type { DocumentId } from '@hearsay/core';
import type { FastifyRequest } from 'fastify';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Access } from '../access/access.ts';
import { isLoopback } from '../config/resolve.ts';
import { secretsIn } from '../config/secrets.ts';
import { bearerOf } from '../websocket/socket-request.ts';
import { auditCaller, isAuditedRequest } from './audit.ts';
import { requireRight } from './callers.ts';
import { HttpError } from './errors.ts';
import { UsedProofs } from './used-proofs.ts';

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
  /** Which start of which replica this is, as `/readyz` says; undefined while there is none. */
  readonly node: () => string | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Proofs that were used: how many are remembered until they have expired. */
  readonly remembered?: number;
  /** Where tokens give rights; then programs on this machine have none without. */
  readonly access?: () => Pick<Access, 'caller'>;
}

/**
 * Whoever knows the cluster secret is an operator: the command line proves it with a token that is valid for a few
 * minutes, in the `Authorization` header, which no page of another origin can set. For all that changes something, or takes
 * everything away, it is good once, and at the one start of the one node that it names: whoever has read it can do nothing with it.
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

function createProof(options: AdminAccessOptions): AdminAccess {
  const { secret, host, access, node, now, remembered = rememberedProofs } = options;
  if (secret === undefined && access !== undefined) return { require: async () => requireToken() };
  if (secret === undefined) return { require: async (request) => requireThisMachine(request, host) };
  const keys = secretsIn(secret).map(adminKey);
  const used = new UsedProofs({ most: remembered, lifeMs: rememberedMs });
  function useUp({ aud, jti }: JWTPayload): void {
    const self = node();
    if (self === undefined) throw new HttpError('NOT_READY', 'the store is not open yet');
    if (jti === undefined || jti.length > longestId || !Array.isArray(aud) || !aud.includes(self)) {
      throw new HttpError(
        'UNAUTHORIZED',
        'for this the token has to have an id, and to be made for this node as it runs now; the commands of hearsay make such',
      );
    }
    const taken = used.take(jti, now());
    if (taken === 'used') throw new HttpError('UNAUTHORIZED', 'the token has been used: it is good once');
    if (taken === 'full')
      throw new HttpError('OVERLOADED', 'too many tokens were used in the last minutes; come back later');
  }
  return {
    require: async (request) => {
      const token = /^Bearer ([\w.-]{1,2048})$/.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) return requireToken();
      for (const key of keys) {
        const claims = await claimsOf(key, token);
        if (claims === null) continue;
        auditCaller(request, 'cluster secret');
        if (isAuditedRequest(request)) useUp(claims);
        return;
      }
      throw new HttpError('UNAUTHORIZED', 'the token is not one of this cluster, or no longer valid');
    },
  };
}

/** Null: not signed with this key, or not valid now. */
async function claimsOf(key: Uint8Array, token: string): Promise<JWTPayload | null> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: tokenType,
      audience,
      clockTolerance: clockLeewaySeconds,
      maxTokenAge: tokenLifeSeconds,
      requiredClaims: ['exp', 'iat'],
    });
    return payload;
  } catch {
    return null;
  }
}

function requireToken(): never {
  throw new HttpError('UNAUTHORIZED', 'this takes a token; the commands of hearsay make one from the secret');
}

/**
 * A proof that its bearer knows the cluster secret (the first, of several), for {@link AdminAccess}. Without the `node` that it is
 * for, as its `/readyz` says, it reads and changes nothing.
 */
export function adminToken(secret: string, node?: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: tokenType })
    .setAudience(node === undefined ? audience : [audience, node])
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${tokenLifeSeconds}s`)
    .sign(adminKey(secretsIn(secret)[0]));
}

/** Long enough for a clock that is off and a slow start of the answer; a long answer outlives it. */
const tokenLifeSeconds = 300;
const clockLeewaySeconds = 60;
/** Nobody is told before `iat` and after `exp`, leeway included. */
const rememberedMs = (tokenLifeSeconds + 2 * clockLeewaySeconds) * 1000;
/** 24 a second for as long as they are remembered, which is 1.5 MB. */
const rememberedProofs = 10_000;
/** Characters of `jti`. */
const longestId = 64;
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
