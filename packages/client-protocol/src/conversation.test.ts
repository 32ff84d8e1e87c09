import { versionOfUpdate } from '@hearsay/document';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Conversation, type Participant } from './testing/conversation.ts';

const actions = [
  'edit',
  'edit',
  'delete',
  'toServer',
  'toServer',
  'work',
  'work',
  'toClient',
  'toClient',
] as const;
const rare = ['connect', 'disconnect', 'tick'] as const;

const script = fc.array(
  fc.record({
    who: fc.nat({ max: 2 }),
    action: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...actions) },
      { weight: 2, arbitrary: fc.constantFrom(...rare) },
    ),
    at: fc.nat({ max: 1000 }),
  }),
  { maxLength: 120 },
);

function act(conversation: Conversation, who: Participant, action: string, at: number): void {
  const text = who.client.document.getText('t');
  if (action === 'edit') text.insert(at % (text.length + 1), `${at} `);
  if (action === 'delete' && text.length > 0) text.delete(at % text.length, 1);
  if (action === 'toServer') conversation.deliverToServer(who);
  if (action === 'toClient') conversation.deliverToClient(who);
  if (action === 'work') conversation.work(who);
  if (action === 'connect') conversation.connect(who);
  if (action === 'disconnect') conversation.disconnect(who);
  if (action === 'tick') conversation.tick();
}

describe('conversations', () => {
  it('C4: a client that counts nothing as unsaved has everything saved, at every moment', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const conversation = new Conversation();
        for (const who of conversation.participants) conversation.connect(who);
        for (const { who: index, action, at } of steps) {
          const who = conversation.participants[index];
          if (who === undefined) continue;
          act(conversation, who, action, at);
          for (const { client, line } of conversation.participants) {
            if (client.dialect !== 'hocuspocus' || line === null || client.unsaved > 0) continue;
            expect(conversation.version.stateVector.get(client.document.clientID) ?? 0).toBe(client.clock);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('C3, C4, C5: whatever was delayed or cut, all clients end equal, and with nothing unsaved', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const conversation = new Conversation();
        for (const { who: index, action, at } of steps) {
          const who = conversation.participants[index];
          if (who !== undefined) act(conversation, who, action, at);
        }
        for (const who of conversation.participants) conversation.connect(who);
        conversation.settle();
        const [first, ...others] = conversation.participants.map(({ client }) =>
          Y.encodeStateAsUpdate(client.document),
        );
        for (const other of others) expect(versionOfUpdate(other)).toEqual(versionOfUpdate(first ?? other));
        const texts = conversation.participants.map(({ client }) => client.document.getText('t').toString());
        expect(new Set(texts).size).toBe(1);
        for (const { client } of conversation.participants) {
          expect(client.synced).toBe(true);
          if (client.dialect === 'hocuspocus') expect(client.unsaved).toBe(0);
        }
        expect(conversation.closed).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
