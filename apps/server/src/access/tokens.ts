import { limits } from '@hearsay/core';
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { type Grant, grantsClaim } from './grants.ts';
import type { TokenKeys } from './token-keys.ts';

/** What a token says of its bearer, once it has been checked. */
export interface Bearer {
  readonly subject: string;
  /** `jti`; null where it has none. */
  readonly tokenId: string | null;
  /** `kid`; null where keys have none. */
  readonly keyId: string | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly grants: readonly Grant[];
}

export type Checked =
  | { readonly ok: true; readonly bearer: Bearer }
  /** `reason`: for the bearer and the log; nothing of the token. `isTemporary`: the keys cannot be had now. */
  | { readonly ok: false; readonly reason: string; readonly isTemporary: boolean };

export interface TokensOptions {
  readonly keys: TokenKeys;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Milliseconds from its issue in which a token has to end. */
  readonly maxAgeMs: number;
  /** Wall clock. */
  readonly now: () => number;
}

/** Milliseconds by which clocks may differ (RFC 8725 has minutes at most). */
export const leewayMs = 30_000;

/** Checks JSON Web Tokens: signature, times, issuer, audience, and that their claims are ones of Hearsay. */
export class Tokens {
  readonly #options: TokensOptions;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  async check(token: string): Promise<Checked> {
    if (token.length > limits.tokenBytes) return refused('the token is too long');
    const { keys, issuer, audience, now } = this.#options;
    const options: JWTVerifyOptions = {
      algorithms: [...keys.algorithms],
      clockTolerance: leewayMs / 1000,
      currentDate: new Date(now()),
      requiredClaims: ['exp', 'iat', 'sub'],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
    try {
      const { key, needsKeyId } = keys;
      const { payload, protectedHeader } =
        key instanceof Uint8Array
          ? await jwtVerify(token, key, options)
          : await jwtVerify(token, key, options);
      if (needsKeyId && protectedHeader.kid === undefined) return refused('the token names no key (kid)');
      return this.#read(payload, needsKeyId ? (protectedHeader.kid ?? null) : null);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return refused('the token has expired');
      if (error instanceof errors.JWTClaimValidationFailed)
        return refused(`the token's ${error.claim} does not fit`);
      if (isOfTheKeys(error)) {
        return { ok: false, reason: 'the keys for tokens cannot be had now', isTemporary: true };
      }
      return refused('the token is not valid');
    }
  }

  /** Whether the key that a token was signed with still checks tokens. */
  isKeyCurrent({ keyId }: Bearer): boolean {
    return keyId === null || this.#options.keys.isCurrent(keyId);
  }

  #read({ sub = '', jti, iat = 0, exp = 0, hearsay }: JWTPayload, keyId: string | null): Checked {
    if (sub === '' || sub.length > maxNameLength) return refused('the token names no subject');
    if (jti !== undefined && (typeof jti !== 'string' || jti.length > maxNameLength)) {
      return refused("the token's jti does not fit");
    }
    if (iat * 1000 > this.#options.now() + leewayMs) return refused('the token was issued in the future');
    if ((exp - iat) * 1000 > this.#options.maxAgeMs) return refused('the token is valid for too long');
    const grants = grantsClaim.safeParse(hearsay);
    if (!grants.success) return refused("the token's claim hearsay does not fit");
    const bearer = { subject: sub, tokenId: jti ?? null, keyId, grants: grants.data };
    return { ok: true, bearer: { ...bearer, issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 } };
  }
}

/** Not the token's fault: the keys' server does not answer, or answers with something else than keys. */
function isOfTheKeys(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(error.code);
}

const maxNameLength = 256;

function refused(reason: string): Checked {
  return { ok: false, reason, isTemporary: false };
}
