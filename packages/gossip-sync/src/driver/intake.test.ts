import { limits } from '@hearsay/core';
import { expect, test } from 'vitest';
import type { EngineMessage } from '../engine/events.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { Intake } from './intake.ts';

function question(session: number): EngineMessage {
  return { channel: 'repair', message: { type: 'recentRequest', session, after: 0, maxEntries: 1 } };
}

const probe: EngineMessage = { channel: 'membership', message: { type: 'ping', sequence: 1, claims: [] } };

/** A peer's intake on a clock moved by hand, and what it did. */
function scene(handle: (message: EngineMessage, intake: Intake) => void) {
  const time = new VirtualTime();
  const done: { handled: EngineMessage[]; told: string[]; isHeld: boolean } = {
    handled: [],
    told: [],
    isHeld: false,
  };
  const clock = { work: 0, monotonic: () => time.monotonic() + clock.work };
  const intake: Intake = new Intake({
    clock,
    timers: time,
    handle: (message) => {
      done.handled.push(message);
      handle(message, intake);
    },
    hold: () => {
      done.isHeld = true;
    },
    release: () => {
      done.isHeld = false;
    },
    slowed: (why) => done.told.push(why),
  });
  return { intake, done, time, clock };
}

/** The store is asked about everything but probes. */
function asks(message: EngineMessage, intake: Intake): void {
  if (message.channel !== 'membership') intake.asked();
}

test('L21: so many questions of one peer are under way; the others follow as answers come, in order, and probes wait for none', () => {
  const { intake, done } = scene(asks);
  for (let session = 0; session < 200; session++) intake.put(question(session), 10);
  expect(done.handled).toHaveLength(limits.linkQuestions);
  expect(done.told).toEqual(['questions']);
  intake.put(probe, 10);
  expect(done.handled.at(-1)).toBe(probe);
  for (let answer = 0; answer < 200; answer++) intake.answered(() => {});
  const asked = done.handled.flatMap(({ channel, message }) =>
    channel === 'repair' && message.type === 'recentRequest' ? [message.session] : [],
  );
  expect(asked).toEqual(Array.from({ length: 200 }, (_, session) => session));
});

test('L21: a peer is not read while much of what it says waits', () => {
  const { intake, done } = scene(asks);
  let put = 0;
  while (!done.isHeld && put < 100) {
    expect(intake.put(question(put), 100_000)).toBe(true);
    put++;
  }
  expect(put).toBe(limits.linkQuestions + Math.ceil((limits.peerBufferSoftBytes + 1) / 100_000));
  for (let answer = 0; answer < 10; answer++) intake.answered(() => {});
  expect(done.isHeld).toBe(false);
});

test('L21: where a peer cannot be held back what waits is bounded', () => {
  const { intake } = scene(asks);
  let waiting = 0;
  while (waiting < 1000 && intake.put(question(0), 1_000_000)) waiting++;
  expect(waiting).toBeLessThanOrEqual(limits.linkQuestions + limits.peerBufferHardBytes / 1_000_000);
});

test('L21: beyond its share of each second a peer is not handled and not read, and goes on when it has earned more', async () => {
  const { intake, done, time, clock } = scene(() => {
    clock.work += 10;
  });
  let put = 0;
  for (let ms = 0; ms < 20_000; ms += 10) {
    // It says all that it can.
    while (!done.isHeld && put < 10_000) {
      const message = put++ % 5 === 0 ? probe : question(put);
      intake.spend(() => intake.put(message, 10));
    }
    await time.advance(10, async () => {});
  }
  const share = clock.work / (20_000 + clock.work);
  expect(share).toBeLessThan((limits.linkProcessorMs + 30) / 1000);
  expect(share).toBeGreaterThan(limits.linkProcessorMs / 2000);
  expect(done.told).toContain('processor');
  expect(done.handled).toHaveLength(put);
});

test('L21: that a process stands still is not taken for work of a peer', () => {
  const { intake, done, clock } = scene(() => {
    clock.work += 5000;
  });
  for (let session = 0; session < 8; session++) intake.spend(() => intake.put(question(session), 10));
  expect([done.handled.length, done.isHeld]).toEqual([8, false]);
});

test('L21: what waits when the link ends is handled before, and nothing holds it then', () => {
  const { intake, done } = scene(asks);
  for (let session = 0; session < 100; session++) intake.put(question(session), 10);
  intake.end();
  expect(done.handled).toHaveLength(100);
});
