import { createHmac } from 'node:crypto';
import { err, ok, type Result, type TaggedError, taggedError, utf8Encode } from '@hearsay/core';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Authenticator, ProofRefusal, ReplicaIdentity } from '../ports.ts';
import { closeCodes } from '../wire/close-codes.ts';

export type SecretError = TaggedError<'SECRET_WEAK'>;

/** Long enough for a handshake on a bad line; a proof is bound to one nonce anyway. */
const proofLifeSeconds = 30;
const clockLeewaySeconds = 60;
const minSecretBytes = 32;

/**
 * Proofs from a secret that all members of a cluster share: short-lived HS256 tokens that name both replicas, the
 * cluster, the prover's incarnation and the nonce of the other side, so that none can be replayed, reflected or
 * passed on. Refuses secrets that could be guessed. While a secret is changed for another there are two, or more: the
 * first proves, and a proof from any is taken.
 */
export function createSecretAuthenticator(
  secret: string,
  ...others: readonly string[]
): Result<Authenticator, SecretError> {
  for (const each of [secret, ...others]) {
    const weakness = weaknessOf(each);
    if (weakness !== undefined) {
      return err(
        taggedError('SECRET_WEAK', `the cluster secret ${weakness}; make one with: openssl rand -hex 32`),
      );
    }
  }
  const key = keyOf(secret);
  const keys = [key, ...others.map(keyOf)];
  return ok({
    prove: (identity, audience, nonce) =>
      new SignJWT({ cluster: identity.cluster, incarnation: identity.incarnation, nonce })
        .setProtectedHeader({ alg: 'HS256', typ: 'hearsay-peer' })
        .setSubject(identity.replicaId)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${proofLifeSeconds}s`)
        .sign(key),
    verify: async (proof, from, audience, nonce) => {
      for (const each of keys) {
        try {
          const { payload } = await jwtVerify(proof, each, {
            algorithms: ['HS256'],
            typ: 'hearsay-peer',
            subject: from.replicaId,
            audience,
            clockTolerance: clockLeewaySeconds,
            requiredClaims: ['exp', 'iat', 'nonce', 'cluster', 'incarnation'],
          });
          return claimsFit(payload, from, nonce);
        } catch (error) {
          // Told after all else was found right: who made it knows the secret.
          if (error instanceof errors.JWTExpired && claimsFit(error.payload, from, nonce)) {
            return clocksApart(error.payload.iat ?? 0);
          }
          // Otherwise not of this one.
        }
      }
      return false;
    },
  });
}

/** A key of its own: no token made elsewhere with the same secret is ever a proof here. */
function keyOf(secret: string): Uint8Array {
  return createHmac('sha256', utf8Encode(secret)).update('hearsay/peer-proof/1').digest();
}

function claimsFit(
  payload: Readonly<Record<string, unknown>>,
  from: ReplicaIdentity,
  nonce: string,
): boolean {
  return (
    payload['cluster'] === from.cluster &&
    payload['incarnation'] === from.incarnation &&
    // The nonce is not secret: it only has to be the right one.
    payload['nonce'] === nonce
  );
}

function clocksApart(madeAtSeconds: number): ProofRefusal {
  const [there, here] = [madeAtSeconds * 1000, Date.now()].map((ms) => new Date(ms).toISOString());
  return { code: closeCodes.clockSkew, reason: `the clocks are apart: there it is ${there}, here ${here}` };
}

function weaknessOf(secret: string): string | undefined {
  if (utf8Encode(secret).byteLength < minSecretBytes) return `is shorter than ${minSecretBytes} bytes`;
  if (new Set(secret).size < 8) return 'repeats a few characters';
  // A text is a repetition of a part of itself exactly when it occurs within itself doubled.
  if ((secret + secret).indexOf(secret, 1) < secret.length) return 'repeats itself';
  if (isRow(secret)) return 'is a row of neighbouring characters';
  if (/(changeme|password|secret|example|default)/i.test(secret)) return 'looks like an example';
  return undefined;
}

/** Whether most characters follow the one before them, as in an alphabet or along a row of digits. */
function isRow(secret: string): boolean {
  let steps = 0;
  for (let i = 1; i < secret.length; i++) {
    if (Math.abs(secret.charCodeAt(i) - secret.charCodeAt(i - 1)) <= 1) steps++;
  }
  return steps > secret.length / 2;
}
