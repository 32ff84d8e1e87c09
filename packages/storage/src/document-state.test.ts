import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absentState, type DocumentState, decideCertificate, decideLife } from './document-state.ts';
import type { DeathCertificate } from './replica.ts';
import { peerId } from './testing/stores.ts';

const certificates: fc.Arbitrary<DeathCertificate> = fc.record({
  life: fc.integer({ min: 1, max: 3 }),
  deletedAt: fc.integer({ min: 0, max: 5 }),
  activatedAt: fc.integer({ min: 0, max: 5 }),
  by: fc.integer({ min: 1, max: 2 }).map(peerId),
  clients: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }).map((clients) => clients.sort()),
});

const live = (life: number): DocumentState => ({ ...absentState, life });

function heard(state: DocumentState, certificate: DeathCertificate): DocumentState {
  const decision = decideCertificate(state, certificate);
  return decision === null
    ? state
    : { ...state, life: decision.certificate?.life ?? state.life, ...decision };
}

describe('document state', () => {
  it('S13: replicas agree on the certificate, in whatever order they hear', () => {
    fc.assert(
      fc.property(fc.array(certificates, { maxLength: 6 }), fc.integer({ min: 0, max: 3 }), (list, life) => {
        const forward = list.reduce(heard, live(life));
        const backward = [...list].reverse().reduce(heard, live(life));
        expect(backward).toEqual(forward);
        expect([...list, ...list].reduce(heard, live(life))).toEqual(forward);
      }),
    );
  });

  it('S13: a higher life wins over a certificate, a certificate over its own life and those before', () => {
    const certificate = { life: 2, deletedAt: 1, activatedAt: 1, by: peerId(1), clients: [] };
    const ends = { certificate, former: null };
    expect(decideCertificate(live(3), certificate)).toEqual({ certificate: null, former: certificate });
    expect(decideCertificate({ ...live(3), former: certificate }, certificate)).toBeNull();
    expect(decideCertificate(live(2), certificate)).toEqual(ends);
    expect(decideCertificate(live(1), certificate)).toEqual(ends);
    expect(decideCertificate(absentState, certificate)).toEqual(ends);
    expect(decideCertificate({ ...live(2), certificate }, certificate)).toBeNull();
  });

  it('S13: updates extend their own life, begin a higher one, and are refused for one that is over', () => {
    const certificate = { life: 2, deletedAt: 1, activatedAt: 1, by: peerId(1), clients: [] };
    const deleted = { ...live(2), certificate };
    expect([1, 2, 3, undefined].map((life) => decideLife(live(2), life))).toEqual([
      'ended',
      'extend',
      'unknown',
      'extend',
    ]);
    expect([1, 2, 3, 4, undefined].map((life) => decideLife(deleted, life))).toEqual([
      'ended',
      'ended',
      'begin',
      'unknown',
      'ended',
    ]);
    expect([0, 1, 2, undefined].map((life) => decideLife(absentState, life))).toEqual([
      'ended',
      'begin',
      'unknown',
      'begin',
    ]);
    const resting = { ...absentState, former: certificate };
    expect([0, 1, 3, 4].map((life) => decideLife(resting, life))).toEqual([
      'ended',
      'begin',
      'begin',
      'unknown',
    ]);
  });
});
