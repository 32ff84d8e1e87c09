import { documentKey, equalBytes, ok } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { absentState } from './document-state.ts';
import { documentKeyBytes, quarantineKey } from './keys.ts';
import type { OpenDocument } from './open-documents.ts';
import { noCounters } from './records.ts';
import { idOf } from './testing/stores.ts';
import { composeTurn } from './turn.ts';
import type { WriteTask } from './write-task.ts';

const key = documentKey(idOf('a'));
const keyBytes = documentKeyBytes(key);
const damage = { reason: 'CHECKSUM', life: 1, tailSequence: 0 } as const;

const document: OpenDocument = {
  key,
  keyBytes,
  id: idOf('a'),
  committed: absentState,
  queued: absentState,
  feedSequence: 0,
  stored: true,
  pending: 0,
  held: null,
  lastPending: Promise.resolve(ok(0)),
  damage,
  writers: new Map(),
};

const common = { document, bytes: 128, settle() {} };
const finding: WriteTask = { ...common, kind: 'quarantine', damage };
const healing: WriteTask = {
  ...common,
  kind: 'change',
  id: idOf('a'),
  after: { ...absentState, life: 1 },
  operations: [],
  news: null,
  moves: true,
  heals: true,
};

/** What the last operation on the quarantine's record does. */
function lastOf(tasks: readonly WriteTask[]): readonly [string | undefined, boolean | undefined] {
  const { operations, heads } = composeTurn(tasks, noCounters);
  const record = quarantineKey(keyBytes);
  return [operations.findLast((operation) => equalBytes(operation.key, record))?.type, heads[0]?.healed];
}

describe('a turn', () => {
  it('S19: of a document that is found damaged and healed leaves it whole, and the other way round damaged', () => {
    expect(lastOf([finding, healing])).toEqual(['del', true]);
    expect(lastOf([healing, finding])).toEqual(['put', false]);
  });
});
