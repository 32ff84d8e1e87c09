import { type DocumentKey, limits } from '@hearsay/core';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { FanOut, type FrameGroup, type PublishedUpdate, Subscription } from './fan-out.ts';

const key = 'a'.repeat(32) as DocumentKey;
const plain: FrameGroup = { name: 'plain', encode: (update) => update };
const marked: FrameGroup = { name: 'marked', encode: (update) => Uint8Array.of(77, ...update) };

interface Client {
  readonly subscription: Subscription;
  readonly frames: Buffer[];
  buffered: number;
  overflowed: boolean;
  ended: boolean;
}

function client(fanOut: FanOut, session: string, group = plain, flowing = true): Client {
  const frames: Buffer[] = [];
  const made: Client = {
    frames,
    buffered: 0,
    overflowed: false,
    ended: false,
    subscription: new Subscription(key, session, group, {
      bufferedBytes: () => made.buffered,
      write: (frame) => frames.push(frame),
      overflow: () => {
        made.overflowed = true;
      },
      ended: () => {
        made.ended = true;
      },
    }),
  };
  fanOut.add(made.subscription);
  if (flowing) made.subscription.flow(1);
  return made;
}

/** What one writer sends for each of `words`. */
function edits(...words: string[]): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const word of words) doc.getText('t').insert(doc.getText('t').length, word);
  return updates;
}

function from(session: string | null, updates: readonly Uint8Array[], life = 1): PublishedUpdate[] {
  return updates.map((update) => ({ key, life, session, update }));
}

/** The text that a client reads out of its frames. */
function textOf({ frames }: Client): string {
  const doc = new Y.Doc();
  for (const frame of frames) {
    const header = (frame[1] ?? 0) < 126 ? 2 : frame[1] === 126 ? 4 : 10;
    Y.applyUpdate(doc, frame.subarray(header));
  }
  return doc.getText('t').toString();
}

describe('fan-out', () => {
  test('A27: all updates of a turn reach a client as one frame, shared by all clients of its kind', () => {
    const fanOut = new FanOut();
    const [one, two, other] = [client(fanOut, '1'), client(fanOut, '2'), client(fanOut, '3', marked)];
    fanOut.publish(from('w', edits('a', 'b', 'c')));
    expect(one.frames).toHaveLength(1);
    expect(one.frames[0]).toBe(two.frames[0]);
    expect(textOf(one)).toBe('abc');
    expect(other.frames).toHaveLength(1);
    expect(other.frames[0]?.[2]).toBe(77);
  });

  test('A27: a turn of one client alone is not sent back to it; a turn of several is', () => {
    const fanOut = new FanOut();
    const [writer, reader] = [client(fanOut, 'w'), client(fanOut, 'r')];
    const [first, second] = edits('a', 'b') as [Uint8Array, Uint8Array];
    fanOut.publish(from('w', [first]));
    expect([writer.frames.length, reader.frames.length]).toEqual([0, 1]);
    fanOut.publish([...from('w', [second]), ...from(null, edits('x'))]);
    expect([writer.frames.length, reader.frames.length]).toEqual([1, 2]);
  });

  test('A27: what comes from peers or from nobody reaches everybody', () => {
    const fanOut = new FanOut();
    const reader = client(fanOut, 'r');
    fanOut.publish(from(null, edits('a')));
    expect(textOf(reader)).toBe('a');
  });

  test('A28: what is committed before a client has its first state is kept for it, and merged', () => {
    const fanOut = new FanOut();
    const late = client(fanOut, 'r', plain, false);
    for (const update of edits('a', 'b', 'c')) fanOut.publish(from('w', [update]));
    expect(late.frames).toHaveLength(0);
    late.subscription.flow(1);
    expect(late.frames).toHaveLength(1);
    expect(textOf(late)).toBe('abc');
  });

  test('A29: a client that reads slowly gets what it missed as one frame once its buffer is empty', () => {
    const fanOut = new FanOut();
    const [slow, quick] = [client(fanOut, 's'), client(fanOut, 'q')];
    slow.buffered = limits.clientBufferSoftBytes + 1;
    for (const update of edits('a', 'b', 'c')) fanOut.publish(from('w', [update]));
    expect([slow.frames.length, quick.frames.length]).toEqual([0, 3]);
    expect(slow.subscription.isHolding).toBe(true);
    slow.buffered = 0;
    slow.subscription.flow();
    expect(slow.frames).toHaveLength(1);
    expect(textOf(slow)).toBe(textOf(quick));
  });

  test('A29: a client that does not read at all is let go before it costs much', () => {
    const fanOut = new FanOut();
    const stuck = client(fanOut, 's');
    stuck.buffered = limits.clientBufferSoftBytes + 1;
    const [big] = edits('x'.repeat(1_000_000)) as [Uint8Array];
    for (let i = 0; i < 4; i++) fanOut.publish(from('w', [big]));
    expect(stuck.overflowed).toBe(false);
    fanOut.publish(from('w', [big]));
    expect(stuck.overflowed).toBe(true);
  });

  test('A30: large updates go out in frames that a slow line can carry in time', () => {
    const fanOut = new FanOut();
    const reader = client(fanOut, 'r');
    const words = Array.from({ length: 20 }, (_, index) => String.fromCharCode(97 + index).repeat(50_000));
    fanOut.publish(from('w', [Y.mergeUpdates(edits(...words))]));
    expect(reader.frames.length).toBeGreaterThan(3);
    for (const frame of reader.frames) expect(frame.byteLength).toBeLessThan(limits.clientFrameBytes + 64);
    expect(textOf(reader)).toBe(words.join(''));
  });

  test('A30: formatting goes out as it was made, in one piece: half of an edit would cost its marks', () => {
    const fanOut = new FanOut();
    const [reader, slow] = [client(fanOut, 'r'), client(fanOut, 's')];
    slow.buffered = limits.clientBufferSoftBytes + 1;
    const doc = new Y.Doc();
    const made: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => made.push(update));
    for (let edit = 0; edit < 3; edit++) {
      const bold = 'x'.repeat(150_000);
      doc.transact(() => {
        doc.getText('t').insert(0, bold, { bold: true });
        doc.getText('t').format(0, 50_000, { bold: null });
      });
    }
    fanOut.publish(from('w', made));
    slow.buffered = 0;
    slow.subscription.flow();
    for (const { frames } of [reader, slow]) expect(frames).toHaveLength(3);
  });

  test('A31: nobody hears of documents they are not subscribed to, or no longer', () => {
    const fanOut = new FanOut();
    const reader = client(fanOut, 'r');
    fanOut.publish([
      { key: 'b'.repeat(32) as DocumentKey, life: 1, session: null, update: Uint8Array.of(0, 0) },
    ]);
    fanOut.delete(reader.subscription);
    fanOut.delete(reader.subscription);
    fanOut.publish(from(null, edits('a')));
    expect(reader.frames).toHaveLength(0);
    expect(fanOut.documents).toBe(0);
  });

  test('A32: everybody on a deleted document is told', () => {
    const fanOut = new FanOut();
    const both = [client(fanOut, '1'), client(fanOut, '2', marked)];
    fanOut.end(key);
    expect(both.map(({ ended }) => ended)).toEqual([true, true]);
  });

  test('A32: who was shown a life over which another has begun is told, and hears nothing of that', () => {
    const fanOut = new FanOut();
    const [shown, late, slow] = [
      client(fanOut, '1'),
      client(fanOut, '2', plain, false),
      client(fanOut, '3', plain, false),
    ];
    fanOut.publish([...from('w', edits('old')), ...from('w', edits('new'), 2)]);
    expect([shown.ended, shown.frames.length]).toEqual([true, 0]);
    late.subscription.flow(2);
    expect([late.ended, textOf(late)]).toEqual([false, 'new']);
    slow.subscription.flow(1);
    expect([slow.ended, slow.frames.length]).toEqual([true, 0]);
    fanOut.publish(from('w', edits('older')));
    expect(textOf(late)).toBe('new');
  });
});
