import { limits } from '@hearsay/core';
import { expect, test } from 'vitest';
import { decodeFrame } from '../wire/frame.ts';
import { maxPartBytes } from '../wire/part-message.ts';
import { Outlet } from './outlet.ts';
import { inParts, Joiner } from './parts.ts';

/** A line that carries so many bytes a millisecond, and what it was given. */
function line(bytesPerMs: number) {
  const sent: Uint8Array[] = [];
  const made = { now: 0, underWay: 0, mostUnderWay: 0 };
  const outlet = new Outlet({
    send: (frame) => {
      sent.push(frame);
      made.underWay += frame.byteLength;
      made.mostUnderWay = Math.max(made.mostUnderWay, made.underWay);
      return true;
    },
    bufferedBytes: () => made.underWay,
    now: () => made.now,
  });
  outlet.takesParts = true;
  const pass = (ms: number): void => {
    for (let step = 0; step < ms; step++) {
      made.now++;
      made.underWay = Math.max(0, made.underWay - bytesPerMs);
      outlet.arrived();
    }
  };
  return { outlet, sent, made, pass };
}

test('L17: of what may wait so much is under way as the line carries in half a second, two parts at least; the rest of it waits', () => {
  const { outlet, sent, made, pass } = line(32);
  expect(outlet.put(new Uint8Array(1_000_000), 'bulk')).toBe(true);
  expect(made.underWay).toBeLessThanOrEqual(65_536);
  const ping = Uint8Array.of(1, 2, 3);
  outlet.put(ping, 'control');
  expect(sent.at(-1)).toBe(ping);
  pass(40_000);
  expect(made.mostUnderWay).toBeLessThanOrEqual(65_536 + ping.byteLength);
  expect(sent.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeGreaterThan(1_000_000);
  expect(outlet.bufferedBytes).toBe(0);
});

test('L17: news goes before what repair moves, whatever waits', () => {
  const { outlet, sent, pass } = line(32);
  outlet.put(new Uint8Array(1_000_000), 'bulk');
  const news = Uint8Array.of(1, 2, 3);
  outlet.put(news, 'news');
  pass(2100);
  expect(sent).toContain(news);
});

test('L17: a fast line carries more at a time, up to the soft mark', () => {
  const { outlet, made, pass } = line(10_000);
  for (let count = 0; count < 12; count++) outlet.put(new Uint8Array(1_000_000), 'bulk');
  pass(300);
  expect(made.mostUnderWay).toBeGreaterThan(limits.peerBufferSoftBytes / 2);
  expect(made.mostUnderWay).toBeLessThanOrEqual(limits.peerBufferSoftBytes);
});

test('L13: more than the hard mark is not taken', () => {
  const { outlet } = line(0);
  let taken = 0;
  while (taken < 100 && outlet.put(new Uint8Array(1_000_000), 'bulk')) taken++;
  expect(taken * 1_000_000).toBeLessThanOrEqual(limits.peerBufferHardBytes);
  expect(taken).toBeGreaterThan(10);
});

test('L18: a long frame comes back from its parts as it went, with those of another lane between them', () => {
  const joiner = new Joiner();
  const frames = { news: pattern(100_000, 3), bulk: pattern(3 * maxPartBytes, 7) };
  const parts = [inParts(frames.news, 'news'), inParts(frames.bulk, 'bulk')];
  const whole: Uint8Array[] = [];
  for (let at = 0; at < 4; at++) {
    for (const lane of parts) {
      const decoded = decodeFrame(lane[at] ?? new Uint8Array());
      if (!decoded.ok || decoded.value?.channel !== 'parts') continue;
      const joined = joiner.add(decoded.value.message);
      if (joined instanceof Uint8Array) whole.push(joined);
    }
  }
  expect(whole).toEqual([frames.bulk, frames.news]);
  expect(inParts(pattern(maxPartBytes, 1), 'bulk')).toHaveLength(1);
});

test('L18: an end of protocol 1 gets long frames whole', () => {
  const { outlet, sent, pass } = line(32);
  outlet.takesParts = false;
  const frames = [pattern(100_000, 3), pattern(200_000, 7)];
  for (const frame of frames) outlet.put(frame, 'bulk');
  expect(sent).toHaveLength(1);
  pass(10_000);
  expect(sent).toEqual(frames);
});

test('L18: parts of more than a message, and parts that are not full, are not kept', () => {
  const bytes = new Uint8Array(maxPartBytes);
  const joiner = new Joiner();
  const most = limits.peerMessageBytes / maxPartBytes;
  const answers = Array.from({ length: most + 1 }, () =>
    joiner.add({ type: 'part', lane: 'bulk', isLast: false, bytes }),
  );
  expect(answers.indexOf('tooLong')).toBe(most);
  const tiny = { type: 'part', lane: 'news', isLast: false, bytes: Uint8Array.of(1) } as const;
  expect(new Joiner().add(tiny)).toBe('tooLong');
});

function pattern(length: number, factor: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * factor) % 251);
}
