import type { DocumentKey, ReplicaId } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import type { ExchangeMode } from '../engine/documents/messages.ts';
import type { DocumentDescription, DocumentDifference } from '../ports.ts';
import { MemoryReplica } from '../testing/memory-replica.ts';
import { performRequest } from './perform-request.ts';

const keyOf = (n: number): DocumentKey => n.toString(16).padStart(32, '0') as DocumentKey;
const described = (key: DocumentKey): DocumentDescription => ({ key, life: 0, sketch: null, ended: null });

async function answered(
  mode: ExchangeMode,
  found: Partial<DocumentDifference>,
): Promise<{ readonly items: readonly unknown[]; readonly unanswered: readonly DocumentKey[] }> {
  const replica = new MemoryReplica({ replicaId: 'a'.repeat(32) as ReplicaId, incarnation: 1, cluster: 'c' });
  replica.difference = async ({ key }) => ({
    key,
    changes: [],
    wanted: false,
    mine: described(key),
    ...(key === keyOf(1) && found),
  });
  const descriptions = [keyOf(1), keyOf(2)].map(described);
  const answer = await performRequest(replica, { call: 'differences', descriptions, mode, maxBytes: 1000 });
  if (answer.call !== 'differences') throw new Error(answer.call);
  return answer.value;
}

describe('what is asked of the store', () => {
  test('G33: who gets all of an answer that may not be all there is is to ask again, but for one who takes nothing', async () => {
    const update = {
      kind: 'update',
      id: { collection: 'c', name: 'n' },
      life: 1,
      update: Uint8Array.of(0, 0),
    } as const;
    const found = { changes: [update], isPartial: true } as const;
    const [all, ...others] = (await answered('push-pull', found)).items;
    expect(all).toMatchObject({ changes: [update], partial: true });
    expect(others).toMatchObject([{ partial: false }]);
    expect((await answered('push', found)).items[0]).toMatchObject({ changes: [], partial: false });
  });

  test('G33: of a document that could not be compared nothing is said; it is left to the next session', async () => {
    const { items, unanswered } = await answered('push-pull', { isUndecided: true });
    expect([items, unanswered]).toMatchObject([[{ key: keyOf(2) }], []]);
  });
});
