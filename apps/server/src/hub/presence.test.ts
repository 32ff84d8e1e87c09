import { type AwarenessEntry, decodeAwareness, encodeAwareness } from '@hearsay/client-protocol';
import { type DocumentId, documentKey } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import { PresenceHub, type PresenceListener } from './presence.ts';

const id: DocumentId = { collection: 'default', name: 'a' };

interface Fixture {
  readonly hub: PresenceHub;
  readonly carried: (readonly AwarenessEntry[])[];
  readonly shown: (readonly AwarenessEntry[])[];
  readonly listener: PresenceListener;
  /** Lets the merging time pass. */
  pass(): void;
}

function fixture(): Fixture {
  const due: (() => void)[] = [];
  const carried: (readonly AwarenessEntry[])[] = [];
  const shown: (readonly AwarenessEntry[])[] = [];
  const hub = new PresenceHub({
    carrier: { announce: (_, entries) => carried.push(entries) },
    later: (_, fire) => due.push(fire),
  });
  const listener = listenerOf('plain', (frame) => {
    const entries = decodeAwareness(frame.subarray(2));
    if (entries.ok) shown.push(entries.value);
  });
  hub.join(id, listener);
  return {
    hub,
    carried,
    shown,
    listener,
    pass: () => {
      for (const fire of due.splice(0)) fire();
    },
  };
}

function listenerOf(group: string, show: (frame: Buffer) => void): PresenceListener {
  return { key: documentKey(id), group, encode: encodeAwareness, show };
}

function entry(clientId: number, clock: number, state: string | null = '{}'): AwarenessEntry {
  return { clientId, clock, state };
}

describe('presence', () => {
  test('A33: what changes within a moment is shown and gossiped once, the latest of each client', () => {
    const { hub, carried, shown, pass } = fixture();
    hub.announce(id, 'one', [entry(1, 1)]);
    hub.announce(id, 'two', [entry(2, 1)]);
    hub.announce(id, 'one', [entry(1, 2, '{"x":1}')]);
    expect(shown).toHaveLength(0);
    pass();
    expect(shown).toEqual([[entry(1, 2, '{"x":1}'), entry(2, 1)]]);
    expect(carried).toEqual(shown);
  });

  test('A33: all clients of a kind are shown one and the same frame', () => {
    const { hub, pass } = fixture();
    const frames: Buffer[][] = [[], [], []];
    for (const [index, group] of ['plain', 'plain', 'other'].entries()) {
      hub.join(
        id,
        listenerOf(group, (frame) => frames[index]?.push(frame)),
      );
    }
    hub.announce(id, 'one', [entry(1, 1)]);
    pass();
    const [first, second, other] = frames.map(([frame]) => frame);
    expect(first).toBeDefined();
    expect(first).toBe(second);
    expect(first).not.toBe(other);
  });

  test('A33: what comes from another node is shown, not gossiped on', () => {
    const { hub, carried, shown, pass } = fixture();
    hub.learn(id, 'node', [entry(1, 1)]);
    pass();
    expect(shown).toEqual([[entry(1, 1)]]);
    expect(carried).toEqual([]);
    expect(hub.all(documentKey(id))).toEqual([entry(1, 1)]);
  });

  test('A34: presence goes with its connection, here and elsewhere', () => {
    const { hub, carried, listener, pass } = fixture();
    hub.announce(id, 'one', [entry(1, 5)]);
    pass();
    hub.part(id, listener, 'one');
    pass();
    expect(carried.at(-1)).toEqual([entry(1, 5, null)]);
    expect(hub.all(documentKey(id))).toEqual([]);
  });

  test('A34: presence goes with its node', () => {
    const { hub, shown, pass } = fixture();
    hub.learn(id, 'node', [entry(1, 5)]);
    hub.learn(id, 'another', [entry(2, 5)]);
    pass();
    hub.learn(id, 'node', [entry(1, 6, null)]);
    pass();
    expect(shown.at(-1)).toEqual([entry(1, 6, null)]);
    expect(hub.all(documentKey(id))).toEqual([entry(2, 5)]);
  });

  test('A34: who speaks of somebody gone is told so, alone', () => {
    const { hub, shown, listener, pass } = fixture();
    hub.announce(id, 'one', [entry(1, 5)]);
    hub.join(
      id,
      listenerOf('plain', () => {}),
    );
    hub.part(id, listener, 'one');
    hub.join(id, listener);
    pass();
    const told = shown.length;
    expect(hub.announce(id, 'two', [entry(1, 5)])).toEqual([entry(1, 5, null)]);
    pass();
    expect(shown).toHaveLength(told);
  });

  test('A34: nothing is kept of documents that everybody has left', () => {
    const { hub, listener, pass } = fixture();
    hub.announce(id, 'one', [entry(1, 1)]);
    hub.part(id, listener, 'one');
    pass();
    expect(hub.documents).toBe(0);
  });
});
