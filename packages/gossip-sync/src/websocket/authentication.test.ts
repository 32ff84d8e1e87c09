import { RateBudget, type ReplicaId } from '@hearsay/core';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import type { Authenticator, ReplicaIdentity } from '../ports.ts';
import { createSecretAuthenticator } from './secret-authenticator.ts';

const secret = 'f3a9c1d05b7e48629d1c3b5a7e9f0a2b4c6d8e0f1a3b5c7d';
const replica = (digit: string): ReplicaId => digit.repeat(32) as ReplicaId;
const identity: ReplicaIdentity = { cluster: 'notes', replicaId: replica('a'), incarnation: 3 };

function authenticator(...from: readonly [string, ...string[]]): Authenticator {
  const made = createSecretAuthenticator(...from);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

describe('cluster secret', () => {
  const ours = authenticator(secret);

  it('L9: a proof holds for its prover, audience, cluster, incarnation and nonce, and for nothing else', async () => {
    const proof = await ours.prove(identity, replica('b'), 'nonce');
    expect(await ours.verify(proof, identity, replica('b'), 'nonce')).toBe(true);
    expect(await ours.verify(proof, identity, replica('b'), 'other')).toBe(false);
    expect(await ours.verify(proof, identity, replica('c'), 'nonce')).toBe(false);
    expect(await ours.verify(proof, { ...identity, replicaId: replica('b') }, replica('b'), 'nonce')).toBe(
      false,
    );
    expect(await ours.verify(proof, { ...identity, incarnation: 2 }, replica('b'), 'nonce')).toBe(false);
    expect(await ours.verify(proof, { ...identity, cluster: 'else' }, replica('b'), 'nonce')).toBe(false);
    const strange = authenticator([...secret].reverse().join(''));
    expect(await strange.verify(proof, identity, replica('b'), 'nonce')).toBe(false);
  });

  it('L9: where the clocks are apart, a proof that would hold is refused for that, with both times', async () => {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: now - 7_200_000 });
    try {
      const proof = await ours.prove(identity, replica('b'), 'nonce');
      const there = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
      vi.setSystemTime(now);
      expect(await ours.verify(proof, identity, replica('b'), 'nonce')).toEqual({
        code: 4431,
        reason: `the clocks are apart: there it is ${there}, here ${new Date(now).toISOString()}`,
      });
      expect(await ours.verify(proof, identity, replica('b'), 'other')).toBe(false);
      const strange = authenticator([...secret].reverse().join(''));
      expect(await strange.verify(proof, identity, replica('b'), 'nonce')).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('L9: tokens made otherwise from the same secret, or without one, are no proofs', async () => {
    const claims = { cluster: 'notes', incarnation: 3, nonce: 'nonce' };
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'hearsay-peer' })
      .setSubject(identity.replicaId)
      .setAudience(replica('b'))
      .setIssuedAt()
      .setExpirationTime('30s')
      .sign(new TextEncoder().encode(secret));
    const none = `${Buffer.from('{"alg":"none","typ":"hearsay-peer"}').toString('base64url')}.${forged.split('.')[1]}.`;
    for (const bad of [forged, none, '', 'a.b.c']) {
      expect(await ours.verify(bad, identity, replica('b'), 'nonce')).toBe(false);
    }
  });

  it.each([
    '',
    'short',
    secret.slice(0, 31),
    'a'.repeat(64),
    'abab'.repeat(20),
    'changeme-changeme-changeme-changeme-1234',
    '0123456789abcdef'.repeat(2),
    'qT7xLp2vRm9cKd4w'.repeat(4),
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'correct-horse-battery-Password-1234567',
  ])('L10: refuses the secret "%s"', (weak) => {
    expect(createSecretAuthenticator(weak)).toMatchObject({ ok: false, error: { code: 'SECRET_WEAK' } });
  });

  it('L14: of several secrets the first proves and all are taken; a weak one among them is refused', async () => {
    const next = '0c8a6e4f2b1d3f5a7c9e0d2b4f6a8c1e3d5b7f9a1c3e5d7b';
    const taken = async (from: Authenticator, by: Authenticator): Promise<unknown> =>
      by.verify(await from.prove(identity, replica('b'), 'nonce'), identity, replica('b'), 'nonce');
    const [before, after] = [authenticator(secret, next), authenticator(next, secret)];
    expect(await taken(before, ours)).toBe(true);
    expect(await taken(ours, after)).toBe(true);
    expect(await taken(after, before)).toBe(true);
    expect(await taken(after, ours)).toBe(false);
    expect(await taken(ours, authenticator(next))).toBe(false);
    expect(createSecretAuthenticator(secret, 'short')).toMatchObject({
      ok: false,
      error: { code: 'SECRET_WEAK' },
    });
  });

  it('L10: takes whatever is drawn at random', () => {
    const drawn = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => new Set(bytes).size > 20);
    fc.assert(
      fc.property(drawn, (bytes) => {
        expect(createSecretAuthenticator(Buffer.from(bytes).toString('hex')).ok).toBe(true);
      }),
    );
  });

  it('L9: no change of a single character of a proof leaves it one', async () => {
    const proof = await ours.prove(identity, replica('b'), 'nonce');
    const [head = '', claims = '', signature = ''] = proof.split('.');
    const changed = (text: string, at: number): string =>
      `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    const bad = [
      ...[...head].map((_, at) => `${changed(head, at)}.${claims}.${signature}`),
      ...[...claims].map((_, at) => `${head}.${changed(claims, at)}.${signature}`),
      // The last character carries bits that no byte has.
      ...[...signature.slice(0, -1)].map((_, at) => `${head}.${claims}.${changed(signature, at)}`),
    ];
    const verdicts = await Promise.all(
      bad.map((proof) => ours.verify(proof, identity, replica('b'), 'nonce')),
    );
    expect(verdicts.filter((isProof) => isProof)).toEqual([]);
  });

  it('L9: a proof does not last', async () => {
    const proof = await ours.prove(identity, replica('b'), 'nonce');
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      vi.setSystemTime(Date.now() + 80_000);
      expect(await ours.verify(proof, identity, replica('b'), 'nonce')).toBe(true);
      vi.setSystemTime(Date.now() + 20_000);
      expect(await ours.verify(proof, identity, replica('b'), 'nonce')).toMatchObject({ code: 4431 });
    } finally {
      vi.useRealTimers();
    }
  });

  it('L11: a flood is read no faster than its budget, a burst passes', () => {
    let now = 0;
    const budget = new RateBudget(1000, { monotonic: () => now });
    expect(budget.take(1000)).toBe(0);
    expect(budget.take(500)).toBe(500);
    now += 500;
    expect(budget.take(0)).toBe(0);
    now += 10_000;
    expect(budget.take(1000)).toBe(0);
    expect(budget.take(1)).toBe(1);
  });
});
