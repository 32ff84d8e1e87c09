import { afterEach, expect, test, vi } from 'vitest';
import { risingNow } from '../runtime/clock.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { keyPair, publishKeys } from '../testing/published-keys.ts';
import { type Access, createTokenAccess } from './access.ts';
import { openRevocations, type Revocations } from './revocations.ts';
import { keySet } from './token-keys.ts';
import { Tokens } from './tokens.ts';

const endings: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const ending of endings.splice(0).reverse()) await ending();
});

const document = { collection: 'default', name: 'a' } as const;

/** Clocks that are set by hand. */
class HandClock {
  wallMs: number = Date.now();
  monotonicMs = 0;

  now(): number {
    return this.wallMs;
  }

  monotonic(): number {
    return this.monotonicMs;
  }

  pass(ms: number): void {
    this.wallMs += ms;
    this.monotonicMs += ms;
  }
}

interface Gate {
  readonly access: Access;
  readonly clock: HandClock;
  readonly revocations: Revocations;
}

/** Access by keys at an address. */
async function gate(url: string): Promise<Gate> {
  const clock = new HandClock();
  const store = await memoryStore({ clock, timers: { set: () => () => {} } });
  endings.push(() => store.close());
  const maxAgeMs = 3_600_000;
  const revocations = await openRevocations({ store, now: risingNow(clock), maxAgeMs });
  const tokens = new Tokens({
    ...{ keys: keySet(url), issuer: undefined, audience: undefined, maxAgeMs },
    now: () => clock.now(),
  });
  return { access: createTokenAccess({ tokens, revocations, clock }), clock, revocations };
}

const publisher = (): ReturnType<typeof publishKeys> => publishKeys((ending) => endings.push(ending));

test('A112: a login ends with the key that its token was signed with, and holds on while the keys cannot be had', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { state, url } = await publisher();
  const [first, second] = [await keyPair('k1'), await keyPair('k2')];
  state.keys = [first.jwk, second.jwk];
  const { access, clock } = await gate(url);
  const { standing } = await access.decide(document, await first.token());
  expect(standing?.whyOver()).toBeNull();
  state.keys = [second.jwk];
  state.status = 503;
  vi.setSystemTime(Date.now() + 61_000);
  expect(standing?.whyOver()).toBeNull();
  await vi.waitFor(() => expect(state.asked).toBe(2));
  expect(standing?.whyOver()).toBeNull();
  expect(state.asked).toBe(2);
  state.status = 200;
  vi.setSystemTime(Date.now() + 6000);
  await vi.waitFor(() => expect(standing?.whyOver()).toContain('withdrawn'));
  clock.wallMs = Date.now();
  const other = await access.decide(document, await second.token());
  expect(other.standing?.whyOver()).toBeNull();
});

test('A113: a login ends when its token does, though the clock is put back meanwhile', async () => {
  const { state, url } = await publisher();
  const { token, jwk } = await keyPair('k1');
  state.keys = [jwk];
  const { access, clock } = await gate(url);
  const { standing } = await access.decide(document, await token());
  clock.pass(590_000);
  clock.wallMs -= 3_600_000;
  expect(standing?.whyOver()).toBeNull();
  clock.pass(11_000);
  expect(standing?.whyOver()).toContain('expired');
});

test('A114: who revokes a subject voids its tokens, also those of an issuer whose clock is ahead, and where the clock was put back', async () => {
  const { state, url } = await publisher();
  const { token, jwk } = await keyPair('k1');
  state.keys = [jwk];
  const { access, clock, revocations } = await gate(url);
  clock.wallMs -= 20_000;
  const ahead = await access.decide(document, await token());
  expect(ahead.standing?.whyOver()).toBeNull();
  await revocations.revokeSubject('ann');
  expect(ahead.standing?.whyOver()).toContain('revoked');
  // What is issued later is good, until the subject is revoked again.
  clock.pass(60_000);
  vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(clock.wallMs);
  const later = await access.decide(document, await token());
  expect(later.standing?.whyOver()).toBeNull();
  clock.wallMs -= 3_600_000;
  await revocations.revokeSubject('ann');
  expect(later.standing?.whyOver()).toContain('revoked');
});
