import { type DocumentKey, documentKey, err, ok, type ReplicaId, taggedError } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import type { DocumentChange } from '../../ports.ts';
import type { ReplicaAnswer } from '../requests.ts';
import { defaultDocumentsConfig } from './config.ts';
import { DocumentExchange } from './document-exchange.ts';
import { DocumentServer } from './document-server.ts';
import type { ExchangeEffect, ExchangeToken } from './events.ts';
import type { DifferencesMessage } from './messages.ts';

const a = 'a'.repeat(32) as ReplicaId;
const b = 'b'.repeat(32) as ReplicaId;
const id = { collection: 'default', name: 'doc' };
const keyOf = (n: number): DocumentKey => n.toString(16).padStart(32, '0') as DocumentKey;
const keys = (count: number): DocumentKey[] => Array.from({ length: count }, (_, n) => keyOf(n));

/** The machine with a store that describes everything and knows nothing else. */
function scripted(config = {}): {
  readonly run: (event: Parameters<DocumentExchange['handle']>[0]) => readonly ExchangeEffect[];
  readonly answer: (
    step: ExchangeToken['step'],
    batch: number,
    answer: ReplicaAnswer,
  ) => readonly ExchangeEffect[];
} {
  const machine = new DocumentExchange({ ...defaultDocumentsConfig, ...config });
  const run = (event: Parameters<DocumentExchange['handle']>[0]): readonly ExchangeEffect[] =>
    machine.handle(event, 0).flatMap((effect): readonly ExchangeEffect[] => {
      if (effect.type !== 'ask' || effect.request.call !== 'describe') return [effect];
      const value = effect.request.keys.map((key) => ({ key, life: 0, sketch: null, ended: null }));
      return run({ type: 'answered', token: effect.token, answer: { call: 'describe', value } });
    });
  return {
    run,
    answer: (step, batch, answer) => run({ type: 'answered', token: { batch, step }, answer }),
  };
}

function described(effects: readonly ExchangeEffect[]): { to: ReplicaId; batch: number; count: number }[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'describe'
      ? [{ to: effect.to, batch: effect.message.batch, count: effect.message.descriptions.length }]
      : [],
  );
}

function settled(effects: readonly ExchangeEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === 'settled' ? [`${effect.key.slice(-1)} ${effect.result}`] : [],
  );
}

const nothing = (
  batch: number,
  told: readonly DocumentKey[],
  unanswered: readonly DocumentKey[] = [],
): DifferencesMessage => ({
  type: 'differences',
  batch,
  items: told.map((key) => ({ key, changes: [], partial: false, wanted: null })),
  unanswered,
});

describe('exchanging documents', () => {
  test('G32: a document is exchanged with one peer at a time', () => {
    const { run } = scripted();
    const first = described(run({ type: 'exchange', peer: a, keys: keys(2), mode: 'push-pull' }));
    const second = described(run({ type: 'exchange', peer: b, keys: keys(3), mode: 'push-pull' }));
    expect([...first, ...second]).toEqual([
      { to: a, batch: 1, count: 2 },
      { to: b, batch: 2, count: 1 },
    ]);
    const after = run({ type: 'message', from: a, message: nothing(1, keys(2)) });
    expect(settled(after)).toEqual(['0 same', '1 same']);
    expect(described(after)).toEqual([{ to: b, batch: 3, count: 2 }]);
  });

  test('G32: batches and what is under way with a peer are bounded, and so is what waits', () => {
    const { run } = scripted({ batchDocuments: 2, batchesPerPeer: 2, maxQueued: 6 });
    const effects = run({ type: 'exchange', peer: a, keys: keys(10), mode: 'push-pull' });
    expect(described(effects).map(({ count }) => count)).toEqual([2, 2]);
    expect(settled(effects)).toHaveLength(4);
    expect(effects).toContainEqual({
      type: 'notice',
      notice: { type: 'documentsDropped', peer: a, count: 4 },
    });
  });

  test('G33: what did not fit an answer is asked for again, and an answer with nothing in it ends the asking', () => {
    const { run } = scripted();
    run({ type: 'exchange', peer: a, keys: keys(3), mode: 'push-pull' });
    const again = run({ type: 'message', from: a, message: nothing(1, keys(1), keys(3).slice(1)) });
    expect(settled(again)).toEqual(['0 same']);
    expect(described(again)).toEqual([{ to: a, batch: 2, count: 2 }]);
    const empty = run({ type: 'message', from: a, message: nothing(2, [], keys(3).slice(1)) });
    expect(settled(empty)).toEqual(['1 failed', '2 failed']);
  });

  test('G33: a peer that always promises more and sends nothing is left', () => {
    const { run } = scripted({ maxRounds: 5 });
    run({ type: 'exchange', peer: a, keys: keys(1), mode: 'push-pull' });
    let asked = 1;
    for (let batch = 1; batch <= 20; batch++) {
      const items = [{ key: keyOf(0), changes: [], partial: true, wanted: null }];
      const effects = run({
        type: 'message',
        from: a,
        message: { type: 'differences', batch, items, unanswered: [] },
      });
      asked += described(effects).length;
      if (settled(effects).length > 0) break;
    }
    expect(asked).toBe(5);
  });

  test('G66: the store is told when a peer has no more of a document; what it keeps of a damaged one is gone on with', () => {
    const { run, answer } = scripted();
    run({ type: 'exchange', peer: a, keys: [documentKey(id)], mode: 'push-pull' });
    const change: DocumentChange = { kind: 'update', id, life: 1, update: new Uint8Array(1) };
    const told = (
      batch: number,
      changes: readonly DocumentChange[],
      partial: boolean,
    ): readonly ExchangeEffect[] => {
      const items = [{ key: documentKey(id), changes, partial, wanted: null }];
      return run({
        type: 'message',
        from: a,
        message: { type: 'differences', batch, items, unanswered: [] },
      });
    };
    const completed = (effects: readonly ExchangeEffect[]): unknown =>
      effects.flatMap((effect) =>
        effect.type === 'ask' && effect.request.call === 'receive' ? [effect.request.complete] : [],
      );
    const kept = { call: 'receive', value: [err(taggedError('DOCUMENT_DAMAGED', 'kept', true))] } as const;
    expect(completed(told(1, [change], true))).toEqual([[]]);
    expect(described(answer('receive', 1, kept))).toEqual([{ to: a, batch: 2, count: 1 }]);
    expect(completed(told(2, [change], false))).toEqual([[documentKey(id)]]);
    const whole = { call: 'receive', value: [ok({ key: documentKey(id), novel: true })] } as const;
    expect(settled(answer('receive', 2, whole))).toEqual([`${documentKey(id).slice(-1)} moved`]);
    run({ type: 'exchange', peer: a, keys: [documentKey(id)], mode: 'push-pull' });
    const empty = told(3, [], false);
    expect([completed(empty), settled(empty).length]).toEqual([[[documentKey(id)]], 1]);
    expect(answer('complete', 3, { call: 'receive', value: [] })).toEqual([]);
    // Refused for good where nothing more is to come.
    run({ type: 'exchange', peer: a, keys: [documentKey(id)], mode: 'push-pull' });
    told(4, [change], false);
    expect(settled(answer('receive', 4, kept))).toEqual([`${documentKey(id).slice(-1)} failed`]);
  });

  test('G34: answers that were not asked for, doubled or from somebody else do nothing', () => {
    const { run } = scripted();
    run({ type: 'exchange', peer: a, keys: keys(1), mode: 'push-pull' });
    for (const from of [b, a]) {
      expect(run({ type: 'message', from, message: nothing(77, keys(1)) })).toEqual([]);
      expect(run({ type: 'message', from, message: { type: 'stored', batch: 1, refused: [] } })).toEqual([]);
    }
    expect(run({ type: 'message', from: b, message: nothing(1, keys(1)) })).toEqual([]);
    expect(settled(run({ type: 'message', from: a, message: nothing(1, [...keys(1), keyOf(9)]) }))).toEqual([
      '0 same',
    ]);
    expect(run({ type: 'message', from: a, message: nothing(1, keys(1)) })).toEqual([]);
  });

  test('G34: a batch without an answer is given up, and what its store still says is news all the same', () => {
    const { run, answer } = scripted();
    run({ type: 'exchange', peer: a, keys: keys(1), mode: 'push-pull' });
    const change: DocumentChange = {
      kind: 'update',
      id: { collection: 'default', name: 'doc' },
      life: 1,
      update: new Uint8Array(1),
    };
    const items = [{ key: keyOf(0), changes: [change], partial: false, wanted: null }];
    run({ type: 'message', from: a, message: { type: 'differences', batch: 1, items, unanswered: [] } });
    expect(settled(run({ type: 'linkDown', peer: a }))).toEqual(['0 failed']);
    const outcome = ok({ key: keyOf(0), novel: true });
    const late = answer('receive', 1, { call: 'receive', value: [outcome] });
    expect(late).toEqual([{ type: 'found', from: a, changes: [change] }]);
  });
});

describe('serving documents', () => {
  test('G35: a peer that asks for more at a time than allowed loses its link', () => {
    const server = new DocumentServer({ ...defaultDocumentsConfig, maxServed: 2 });
    server.handle({ type: 'linkUp', peer: a }, 0);
    const describeMessage = { type: 'describe', batch: 1, mode: 'pull', descriptions: [] } as const;
    const types = [1, 2, 3].map((batch) =>
      server
        .handle({ type: 'message', from: a, message: { ...describeMessage, batch } }, 0)
        .map((effect) => effect.type),
    );
    expect(types).toEqual([['ask'], ['ask'], ['close']]);
  });
});
