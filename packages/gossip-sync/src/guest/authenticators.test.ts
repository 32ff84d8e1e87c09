import { limits, type ReplicaId } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { closeCodes } from '../wire/close-codes.ts';
import { decodeFrame, encodeFrame } from '../wire/frame.ts';
import { type Admission, createGuestAuthenticator, createHostAuthenticator } from './authenticators.ts';
import { covers, type Interest, isWithin, toInterest } from './interest.ts';
import type { Welcome } from './welcome.ts';

const guest = { cluster: 'hearsay-guests', replicaId: '1'.repeat(32) as ReplicaId, incarnation: 1 };
const host = { ...guest, replicaId: '2'.repeat(32) as ReplicaId };
const interest: Interest = { collections: ['notes'], prefix: 'a/' };

function hostThat(admission: Admission) {
  const asked: { interest: Interest; token: string | null }[] = [];
  const authenticator = createHostAuthenticator({
    cluster: 'home',
    admit: async (wanted, token) => {
      asked.push({ interest: wanted, token });
      return admission;
    },
  });
  return { authenticator, asked };
}

function guestThat(token: string | null, welcomed: Welcome[] = []) {
  return createGuestAuthenticator({
    interest,
    token: async () => token,
    tooLong: (reason) => {
      throw new Error(reason);
    },
    welcomed: (welcome) => {
      welcomed.push(welcome);
      return welcome.cluster === 'home' ? null : { code: closeCodes.wrongCluster, reason: 'another' };
    },
  });
}

describe('letting guests in', () => {
  test.each([true, false])(
    'G88: the node hears token and interest, the guest cluster and right (%s)',
    async (mayWrite) => {
      const { authenticator, asked } = hostThat({ isAdmitted: true, mayWrite });
      const welcomed: Welcome[] = [];
      const caller = guestThat('token', welcomed);
      const request = await caller.prove(guest, host.replicaId, 'nonce');
      expect(await authenticator.verify(request, guest, host.replicaId, 'nonce')).toBe(true);
      expect(asked).toEqual([{ interest, token: 'token' }]);
      const welcome = await authenticator.prove(host, guest.replicaId, 'nonce');
      expect(await caller.verify(welcome, host, guest.replicaId, 'nonce')).toBe(true);
      expect(welcomed).toEqual([{ cluster: 'home', mayWrite }]);
    },
  );

  test('G88: who is not let in is told why, and whether to come back soon', async () => {
    const request = await guestThat(null).prove(guest, host.replicaId, 'nonce');
    for (const [isTemporary, code] of [
      [false, closeCodes.notPermitted],
      [true, closeCodes.overloaded],
    ] as const) {
      const { authenticator } = hostThat({ isAdmitted: false, reason: 'no', isTemporary });
      expect(await authenticator.verify(request, guest, host.replicaId, 'nonce')).toEqual({
        code,
        reason: 'no',
      });
    }
  });

  test('G87: anything but a request or a welcome is refused, and nobody asked', async () => {
    const { authenticator, asked } = hostThat({ isAdmitted: true, mayWrite: true });
    const texts = ['', 'x', 'null', '[]', '{}', '{"token":1,"collections":["a"],"prefix":""}'];
    const wrong = ['{"token":null,"collections":[],"prefix":""}', '{"token":null,"collections":["a"]}'];
    for (const text of [...texts, ...wrong]) {
      const refused = { code: closeCodes.notPermitted, reason: expect.any(String) };
      expect(await authenticator.verify(text, guest, host.replicaId, 'nonce'), text).toEqual(refused);
      expect(await guestThat(null).verify(text, host, guest.replicaId, 'nonce'), text).toBe(false);
    }
    expect(asked).toEqual([]);
  });

  test('G88: a token that does not fit the message is not sent', async () => {
    const tooLong = guestThat('x'.repeat(limits.peerProofBytes));
    await expect(tooLong.prove(guest, host.replicaId, 'nonce')).rejects.toThrow('take 4146 bytes');
    const longest = await guestThat('x'.repeat(limits.peerProofBytes - 50)).prove(guest, host.replicaId, '');
    const frame = encodeFrame({ channel: 'handshake', message: { type: 'proof', token: longest } });
    expect(decodeFrame(frame)).toMatchObject({ ok: true });
  });

  test('G88: a guest of one cluster is no guest of another', async () => {
    const welcome = '{"cluster":"elsewhere","mayWrite":true}';
    expect(await guestThat(null).verify(welcome, host, guest.replicaId, 'nonce')).toMatchObject({
      code: closeCodes.wrongCluster,
    });
  });
});

describe('interests', () => {
  test('G87: names are checked and normalised, collections ordered and told once', () => {
    expect(toInterest(['b', 'a\u0301', 'b'], 'e\u0301')).toEqual({
      ok: true,
      value: { collections: ['b', '\u00e1'], prefix: '\u00e9' },
    });
    const tooMany = Array.from({ length: limits.guestCollections + 1 }, (_, n) => `c${n}`);
    for (const [collections, prefix] of [
      [[], ''],
      [tooMany, ''],
      [[''], ''],
      [[1], ''],
      ['a', ''],
      [['a'], 1],
      [['a'], '../'],
      [['a'], '\n'],
    ]) {
      expect(toInterest(collections, prefix), JSON.stringify([collections, prefix])).toMatchObject({
        ok: false,
        error: { code: 'INTEREST_INVALID' },
      });
    }
  });

  test('G87: an interest holds the documents of its collections below its prefix, and narrower interests', () => {
    expect(isWithin(interest, { collection: 'notes', name: 'a/1' })).toBe(true);
    expect(isWithin(interest, { collection: 'notes', name: 'b/1' })).toBe(false);
    expect(isWithin(interest, { collection: 'other', name: 'a/1' })).toBe(false);
    expect(covers({ collections: ['notes', 'x'], prefix: 'a' }, interest)).toBe(true);
    expect(covers({ collections: ['notes'], prefix: 'a/b' }, interest)).toBe(false);
    expect(covers({ collections: ['x'], prefix: '' }, interest)).toBe(false);
  });
});
