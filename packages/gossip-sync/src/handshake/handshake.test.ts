import type { ReplicaId } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import type { LinkDirection } from '../ports.ts';
import { closeCodes } from '../wire/close-codes.ts';
import { keepsNewLink } from './duplicate-links.ts';
import { createHandshake, type HandshakeEffect, type HandshakeEvent } from './handshake.ts';
import type { LocalNode } from './judge-hello.ts';
import type { HelloMessage } from './messages.ts';

const mine = 'a'.repeat(32) as ReplicaId;
const theirs = 'b'.repeat(32) as ReplicaId;
const identity = { cluster: 'test', replicaId: mine, incarnation: 1 };
const quiet: LocalNode = {
  identity,
  session: 1,
  isOwnNonce: () => false,
  knownIncarnation: () => undefined,
  linkedSession: () => undefined,
};
const hello: HelloMessage = {
  type: 'hello',
  version: 1,
  oldestVersion: 1,
  ...identity,
  session: 1,
  nonce: '1'.repeat(32),
  addresses: [],
  region: '',
  capabilities: [],
};
const theirHello: HelloMessage = { ...hello, replicaId: theirs, session: 2, nonce: '2'.repeat(32) };
const proof = { type: 'proof', token: 'token' } as const;

function run(
  direction: LinkDirection,
  events: readonly HandshakeEvent[],
  local: LocalNode = quiet,
): { readonly effects: readonly HandshakeEffect[]; readonly state: string } {
  const handshake = createHandshake({ local, direction, hello });
  const effects = events.flatMap((event) => handshake.handle(event));
  return { effects, state: handshake.state };
}

const opened = { type: 'opened' } as const;
const theirHelloCame = { type: 'message', message: theirHello } as const;
const proofCame = { type: 'message', message: proof } as const;
const proved = { type: 'proved', token: 'mine' } as const;
const verified = { type: 'verified', valid: true } as const;

describe('the order of words', () => {
  test('G6: the dialler says hello, proves itself, and trusts the acceptor once its proof holds', () => {
    const { effects, state } = run('dialled', [opened, theirHelloCame, proved, proofCame, verified]);
    expect(effects).toEqual([
      { type: 'send', message: hello },
      { type: 'prove', audience: theirs, nonce: theirHello.nonce },
      { type: 'send', message: { type: 'proof', token: 'mine' } },
      {
        type: 'verify',
        token: 'token',
        from: { cluster: 'test', replicaId: theirs, incarnation: 1 },
        nonce: hello.nonce,
      },
      { type: 'established', peer: theirHello },
    ]);
    expect(state).toBe('established');
  });

  test('G6: the acceptor says nothing before a hello of its cluster, and proves itself only to the proven', () => {
    const { effects } = run('accepted', [opened, theirHelloCame, proofCame, verified, proved]);
    expect(effects.map((effect) => (effect.type === 'send' ? effect.message.type : effect.type))).toEqual([
      'hello',
      'verify',
      'prove',
      'proof',
      'established',
    ]);
    expect(run('accepted', [opened]).effects).toEqual([]);
  });

  // Every state against every message of a peer: what is not its turn ends the link.
  const history: Record<LinkDirection, Record<string, readonly HandshakeEvent[]>> = {
    dialled: {
      awaitingHello: [opened],
      proving: [opened, theirHelloCame],
      awaitingProof: [opened, theirHelloCame, proved],
      verifying: [opened, theirHelloCame, proved, proofCame],
    },
    accepted: {
      awaitingHello: [opened],
      awaitingProof: [opened, theirHelloCame],
      verifying: [opened, theirHelloCame, proofCame],
      proving: [opened, theirHelloCame, proofCame, verified],
    },
  };
  const turns: Record<string, 'hello' | 'proof' | null> = {
    awaitingHello: 'hello',
    awaitingProof: 'proof',
    proving: null,
    verifying: null,
  };
  const cases = (['dialled', 'accepted'] as const).flatMap((direction) =>
    Object.entries(history[direction]).flatMap(([state, events]) =>
      (['hello', 'proof'] as const)
        .filter((type) => turns[state] !== type)
        .map((type) => ({ direction, state, type, events })),
    ),
  );

  test.each(cases)(
    'G6: a $type out of turn ends a $direction link that is $state',
    ({ direction, type, events }) => {
      const message = type === 'hello' ? theirHello : proof;
      const { effects, state } = run(direction, [...events, { type: 'message', message }]);
      expect(effects.at(-1)).toMatchObject({ type: 'refuse', refusal: { code: closeCodes.unauthenticated } });
      expect(state).toBe('refused');
    },
  );

  test('G6: after a refusal nothing is said or taken any more', () => {
    const { effects } = run('accepted', [
      opened,
      { type: 'timeout' },
      theirHelloCame,
      proofCame,
      verified,
      proved,
    ]);
    expect(effects).toHaveLength(1);
  });

  test('G6: a handshake that takes too long ends, and one that is over does not', () => {
    const late = run('dialled', [opened, theirHelloCame, { type: 'timeout' }]);
    expect(late.effects.at(-1)).toMatchObject({ refusal: { code: closeCodes.handshakeTimeout } });
    const done = run('dialled', [opened, theirHelloCame, proved, proofCame, verified, { type: 'timeout' }]);
    expect(done.state).toBe('established');
  });
});

describe('who is refused', () => {
  const refusals: readonly {
    readonly why: string;
    readonly said: Partial<HelloMessage>;
    readonly local?: Partial<LocalNode>;
    readonly code: number;
  }[] = [
    { why: 'another cluster', said: { cluster: 'other' }, code: closeCodes.wrongCluster },
    { why: 'a version too new', said: { version: 9, oldestVersion: 8 }, code: closeCodes.versionUnsupported },
    { why: 'a version too old', said: { version: 0, oldestVersion: 0 }, code: closeCodes.versionUnsupported },
    { why: 'itself', said: { replicaId: mine }, local: { isOwnNonce: () => true }, code: closeCodes.self },
    { why: 'a copy of itself', said: { replicaId: mine }, code: closeCodes.duplicateReplica },
    {
      why: 'a restored backup',
      said: { incarnation: 4 },
      local: { knownIncarnation: () => 5 },
      code: closeCodes.restoredBackup,
    },
    {
      why: 'a second process with the id of a linked one',
      said: {},
      local: { linkedSession: () => ({ incarnation: 1, session: 77 }) },
      code: closeCodes.duplicateReplica,
    },
  ];

  test.each(refusals)('G7: $why is refused before anything is told', ({ said, local, code }) => {
    const message = { ...theirHello, ...said };
    const { effects } = run('accepted', [opened, { type: 'message', message }], { ...quiet, ...local });
    expect(effects).toEqual([{ type: 'refuse', refusal: expect.objectContaining({ code }) }]);
  });

  test('G7: a proof that does not hold is refused, on both sides', () => {
    const invalid = { type: 'verified', valid: false } as const;
    const accepted = run('accepted', [opened, theirHelloCame, proofCame, invalid]);
    const dialled = run('dialled', [opened, theirHelloCame, proved, proofCame, invalid]);
    for (const { effects } of [accepted, dialled]) {
      expect(effects.at(-1)).toMatchObject({ type: 'refuse', refusal: { code: closeCodes.wrongSecret } });
    }
  });

  test('G7: a newer start of a linked peer is welcome, and so is the same process again', () => {
    const restarted = { ...theirHello, incarnation: 2, session: 9 };
    const local = {
      ...quiet,
      knownIncarnation: () => 1,
      linkedSession: () => ({ incarnation: 1, session: 2 }),
    };
    expect(run('accepted', [opened, { type: 'message', message: restarted }], local).state).toBe(
      'awaitingProof',
    );
    expect(run('accepted', [opened, theirHelloCame], local).state).toBe('awaitingProof');
  });

  test('G7: neighbouring versions of the protocol work together', () => {
    const message = { ...theirHello, version: 2, oldestVersion: 1 };
    expect(run('accepted', [opened, { type: 'message', message }]).state).toBe('awaitingProof');
  });
});

describe('two links to one peer', () => {
  const at = (
    direction: LinkDirection,
    openedAt: number,
  ): { direction: LinkDirection; openedAt: number } => ({
    direction,
    openedAt,
  });

  test('G8: both sides keep the one that the lower replica id dialled, whichever came first', () => {
    expect(keepsNewLink(mine, theirs, at('accepted', 0), at('dialled', 10), 5000)).toBe(true);
    expect(keepsNewLink(mine, theirs, at('dialled', 0), at('accepted', 10), 5000)).toBe(false);
    expect(keepsNewLink(theirs, mine, at('accepted', 0), at('dialled', 10), 5000)).toBe(false);
    expect(keepsNewLink(theirs, mine, at('dialled', 0), at('accepted', 10), 5000)).toBe(true);
  });

  test('G8: whoever dials again has lost the older link', () => {
    expect(keepsNewLink(mine, theirs, at('dialled', 0), at('dialled', 1), 5000)).toBe(true);
    expect(keepsNewLink(mine, theirs, at('accepted', 0), at('accepted', 1), 5000)).toBe(true);
    expect(keepsNewLink(mine, theirs, at('dialled', 0), at('accepted', 6000), 5000)).toBe(true);
  });
});
