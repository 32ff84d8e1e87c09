import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keySet, secretKeys } from './token-keys.ts';
import { Tokens } from './tokens.ts';

const secret = 'e1b1c3a58b0f4d9d8a3f5f0a7c4d2e19';
const now = Date.UTC(2026, 0, 1);
const seconds = now / 1000;
const hearsay = [{ collection: 'notes', documents: 'team/*', allow: ['read', 'write'] }];
const good = {
  sub: 'ann',
  iss: 'app',
  aud: 'hearsay',
  iat: seconds,
  exp: seconds + 600,
  jti: 'one',
  hearsay,
};

const options = { issuer: 'app', audience: 'hearsay', maxAgeMs: 3_600_000, now: () => now };
const bySecret = new Tokens({ ...options, keys: secretKeys(secret) });

interface Forge {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly without?: readonly string[];
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: string;
}

function payload({ claims = {}, without = [] }: Forge): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...good, ...claims }).filter(([name]) => !without.includes(name)),
  );
}

/** Anything, signed by anybody: what jose would not make. */
function raw(forge: Forge, json = JSON.stringify(payload(forge))): string {
  const encode = (text: string): string => Buffer.from(text).toString('base64url');
  const body = `${encode(JSON.stringify({ alg: 'HS256', ...forge.header }))}.${encode(json)}`;
  return `${body}.${createHmac('sha256', forge.key ?? secret)
    .update(body)
    .digest('base64url')}`;
}

let directory: string;
let keysFile: string;
let publicText: string;
let signed: (forge?: Forge) => Promise<string>;
let byKeys: Tokens;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hearsay-tokens-'));
  const pair = await generateKeyPair('EdDSA', { extractable: true });
  keysFile = join(directory, 'keys.json');
  publicText = await exportSPKI(pair.publicKey);
  await writeFile(keysFile, JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1' }] }));
  byKeys = new Tokens({ ...options, keys: keySet(keysFile) });
  signed = (forge = {}) =>
    new SignJWT(payload(forge) as JWTPayload)
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k1', ...forge.header } as { alg: string })
      .sign(pair.privateKey);
});

afterAll(() => rm(directory, { recursive: true }));

describe('tokens', () => {
  test('A78: one that fits gives its bearer what it says, by secret or by public key', async () => {
    const bearer = {
      ...{ subject: 'ann', tokenId: 'one', issuedAtMs: now, expiresAtMs: now + 600_000 },
      grants: hearsay,
    };
    expect(await bySecret.check(raw({}))).toEqual({ ok: true, bearer: { ...bearer, keyId: null } });
    expect(await byKeys.check(await signed())).toMatchObject({ ok: true, bearer });
  });

  const forged: readonly (readonly [string, () => string | Promise<string>, RegExp])[] = [
    [
      'without a signature (alg none)',
      () =>
        `${raw({ header: { alg: 'none' } })
          .split('.')
          .slice(0, 2)
          .join('.')}.`,
      /not valid/,
    ],
    ['that says none and is signed', () => raw({ header: { alg: 'none' } }), /not valid/],
    ['of another secret', () => raw({ key: `${secret}x` }), /not valid/],
    ['signed with the empty secret', () => raw({ key: '' }), /not valid/],
    ['of another algorithm', () => raw({ header: { alg: 'HS512' } }), /not valid/],
    ['with a signature cut off', () => raw({}).slice(0, -4), /not valid/],
    [
      'with another payload under the signature',
      () => {
        const [header, , signature] = raw({}).split('.');
        return [header, raw({ claims: { sub: 'eve' } }).split('.')[1], signature].join('.');
      },
      /not valid/,
    ],
    ['that has expired', () => raw({ claims: { iat: seconds - 700, exp: seconds - 100 } }), /expired/],
    ['that never ends', () => raw({ without: ['exp'] }), /exp does not fit/],
    ['that ends in words', () => raw({ claims: { exp: 'never' } }), /exp does not fit/],
    ['that is valid for years', () => raw({ claims: { exp: seconds + 100_000_000 } }), /for too long/],
    ['not valid yet', () => raw({ claims: { nbf: seconds + 300 } }), /nbf does not fit/],
    [
      'issued in the future',
      () => raw({ claims: { iat: seconds + 3000, exp: seconds + 3600 } }),
      /iat|future/,
    ],
    ['of another issuer', () => raw({ claims: { iss: 'else' } }), /iss does not fit/],
    ['for another audience', () => raw({ claims: { aud: ['else'] } }), /aud does not fit/],
    ['without a subject', () => raw({ without: ['sub'] }), /sub does not fit/],
    ['with an empty subject', () => raw({ claims: { sub: '' } }), /no subject/],
    ['with an id that is no text', () => raw({ claims: { jti: 7 } }), /jti/],
    ['with a critical header nobody knows', () => raw({ header: { crit: ['exp'], exp: 1 } }), /not valid/],
    [
      'that brings its own key',
      () => raw({ header: { jwk: { kty: 'oct', k: 'AAAA' } }, key: '\0\0\0' }),
      /not valid/,
    ],
    [
      'that names where its key is',
      () => raw({ header: { jku: 'https://evil.example/keys' }, key: 'evil' }),
      /not valid/,
    ],
    ['without rights', () => raw({ without: ['hearsay'] }), /claim hearsay/],
    ['with rights nobody knows', () => raw({ claims: { hearsay: [{ allow: ['root'] }] } }), /claim hearsay/],
    [
      'with more in its rights',
      () => raw({ claims: { hearsay: [{ allow: [], roles: 1 }] } }),
      /claim hearsay/,
    ],
    [
      'with rights by the hundred',
      () => raw({ claims: { hearsay: Array(65).fill({ allow: [] }) } }),
      /claim hearsay/,
    ],
    [
      'with a subject twice, the second empty',
      () => raw({}, `${JSON.stringify(payload({})).slice(0, -1)},"sub":""}`),
      /no subject/,
    ],
    ['of 20,000 characters', () => raw({ claims: { sub: 'x'.repeat(20_000) } }), /too long/],
    ['that is no token', () => 'hello', /not valid/],
    ['with encryption instead of a signature', () => 'a.b.c.d.e', /not valid/],
  ];

  test.each(forged)('A79: a token %s is refused', async (_, forge, why) => {
    const checked = await bySecret.check(await forge());
    expect(checked).toMatchObject({ ok: false, isTemporary: false });
    expect(checked.ok ? '' : checked.reason).toMatch(why);
  });

  test('A79: where public keys check, a token signed with one of them as a secret is refused, and so is one without a key id', async () => {
    expect(await byKeys.check(raw({ key: publicText, header: { kid: 'k1' } }))).toMatchObject({ ok: false });
    expect(await byKeys.check(await signed({ header: { kid: undefined } }))).toMatchObject({ ok: false });
    expect(await byKeys.check(await signed({ header: { kid: 'k2' } }))).toMatchObject({ ok: false });
  });

  test('A80: keys that are private, of another kind, nameless or not there are refused at the start', async () => {
    const pair = await generateKeyPair('EdDSA', { extractable: true });
    const file = async (content: unknown): Promise<string> => {
      const path = join(directory, 'wrong.json');
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    };
    const open = async (content: unknown): Promise<() => unknown> => {
      const path = await file(content);
      return () => keySet(path);
    };
    const own = { ...(await exportJWK(pair.privateKey)), kid: 'a' };
    const { d: _, ...open1 } = own;
    expect(await open({ keys: [open1] })).not.toThrow();
    expect(await open({ keys: [own] })).toThrow(/private/);
    expect(await open({ keys: [{ ...open1, kid: undefined }] })).toThrow(/without an id/);
    expect(await open({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'a' }] })).toThrow(/not for EdDSA/);
    expect(await open({ keys: [] })).toThrow(/no keys/);
    expect(await open('{')).toThrow(/not JSON/);
    expect(() => keySet(join(directory, 'missing.json'))).toThrow(/ENOENT/);
    expect(() => keySet('http://keys.example/set')).toThrow(/https/);
  });

  test('A116: a claim that stands twice grants what the one parser reads, and no more', async () => {
    const [none, all] = [[], [{ collection: '*', documents: '*', allow: ['admin'] }]].map((claim) => {
      return JSON.stringify(claim);
    });
    const { hearsay: _, ...rest } = good;
    const head = JSON.stringify(rest).slice(0, -1);
    for (const [first, second] of [
      [all, none],
      [none, all],
    ]) {
      const json = `${head},"hearsay":${first},"hearsay":${second}}`;
      const checked = await bySecret.check(raw({}, json));
      const read = JSON.parse(json).hearsay.map((grant: { allow: string[] }) => grant.allow);
      expect(checked.ok && checked.bearer.grants.map(({ allow }) => allow)).toEqual(read);
    }
    const twice = await bySecret.check(raw({}, `${head},"sub":"operator","hearsay":[]}`));
    expect(twice.ok && twice.bearer.subject).toBe('operator');
    const smuggled = `${head},"__proto__":{"hearsay":${all}},"hearsay":[]}`;
    const plain = await bySecret.check(raw({}, smuggled));
    expect(plain.ok && plain.bearer.grants).toEqual([]);
    expect(await bySecret.check(raw({}, `${head},"__proto__":{"hearsay":${all}}}`))).toMatchObject({
      ok: false,
    });
    const grant = '{"collection":"notes","allow":["admin"],"allow":["read"]';
    const inner = await bySecret.check(raw({}, `${head},"hearsay":[${grant}}]}`));
    expect(inner.ok && inner.bearer.grants).toEqual([
      { collection: 'notes', documents: '*', allow: ['read'] },
    ]);
    const poisoned = raw({}, `${head},"hearsay":[${grant},"__proto__":{"allow":["admin"]}}]}`);
    expect(await bySecret.check(poisoned)).toMatchObject({ ok: false });
  });
});
