import { readFileSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { isLoopback } from '../config/resolve.ts';
import { HearsayError } from '../failures.ts';
import { AmbiguousJson, parseStrictJson } from '../runtime/strict-json.ts';

/** How tokens are checked: by a shared secret, or by public keys. */
export interface TokenKeys {
  readonly algorithms: readonly string[];
  readonly key: JWTVerifyGetKey | Uint8Array;
  /** Whether a token has to name its key. */
  readonly needsKeyId: boolean;
  /** Whether a key still checks tokens, as far as is known; looks anew in the background when that was a while ago. */
  isCurrent(keyId: string): boolean;
}

/** A key that has just come may be missing from the set for so long at most; a flood of unknown ids asks no more often. */
const cooldownMs = 30_000;
/** So long a key that was withdrawn may go on to be taken at most. */
const cacheMs = 60_000;
const timeoutMs = 5000;
/** Milliseconds between two looks for keys that cannot be had. */
const lookAgainMs = 5000;

export function secretKeys(secret: string): TokenKeys {
  return {
    algorithms: ['HS256'],
    key: new TextEncoder().encode(secret),
    needsKeyId: false,
    isCurrent: () => true,
  };
}

/** `where`: a file or an address of a JSON Web Key Set. Throws where it cannot be had or holds no key of use. */
export function keySet(where: string): TokenKeys {
  const algorithms = ['EdDSA', 'Ed25519'];
  if (!/^https?:/.test(where)) {
    const key = createLocalJWKSet(readKeySet(where));
    return { algorithms, key, needsKeyId: true, isCurrent: () => true };
  }
  const url = new URL(where);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new HearsayError('CONFIG_INVALID', '--token-keys: keys from another machine take https');
  }
  const key = createRemoteJWKSet(url, {
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    timeoutDuration: timeoutMs,
  });
  let lookedAtMs = 0;
  const isCurrent = (keyId: string): boolean => {
    if (!key.fresh && Date.now() - lookedAtMs > lookAgainMs) {
      lookedAtMs = Date.now();
      // Who publishes them may be away: what is known holds on then.
      key.reload().catch(() => {});
    }
    const known = key.jwks()?.keys;
    return known === undefined || known.some(({ kid }) => kid === keyId);
  };
  return { algorithms, key, needsKeyId: true, isCurrent };
}

function readKeySet(path: string): JSONWebKeySet {
  const wrong = (why: string): never => {
    throw new HearsayError('CONFIG_INVALID', `--token-keys: ${path} ${why}`);
  };
  let parsed: unknown;
  try {
    parsed = parseStrictJson(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof AmbiguousJson) return wrong(`is ambiguous: ${error.message}`);
    const code = (error as NodeJS.ErrnoException).code;
    return wrong(code === undefined ? 'is not JSON' : `cannot be read (${code})`);
  }
  const { keys }: { keys?: unknown } = typeof parsed === 'object' && parsed !== null ? parsed : {};
  if (!Array.isArray(keys) || keys.length === 0) return wrong('holds no keys');
  for (const key of keys as readonly Readonly<Record<string, unknown>>[]) {
    if (key['kty'] !== 'OKP' || key['crv'] !== 'Ed25519') return wrong('holds a key that is not for EdDSA');
    if (key['d'] !== undefined) return wrong('holds a private key, which has no business here');
    if (typeof key['kid'] !== 'string') return wrong('holds a key without an id (kid)');
  }
  return { keys };
}
