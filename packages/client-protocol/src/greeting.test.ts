import { describe, expect, it } from 'vitest';
import type { SessionEvent } from './session.ts';
import { hocuspocus, kinds, type Probe, readOnly, sent } from './testing/probe.ts';

const stepOne = '01 61 00 00 01 00';
const update = '01 61 00 02 02 00 00';

function greeted(probe: Probe, life: number, isLive = true): ReturnType<Probe['handle']> {
  const event: SessionEvent = { type: 'greeted', channel: 'a', isLive, life, cluster: 'c', replicaId: 'ab' };
  return probe.handle(event);
}

function greet(probe: Probe, life: number): void {
  expect(kinds(probe.frame(`01 61 40 00 01 0${life}`))).toEqual(['greet']);
}

const welcome = (life: number): string => `01614001010${life}0163026162`;

describe('greetings', () => {
  it('O34: what follows a greeting waits for its answer', () => {
    const probe = hocuspocus();
    greet(probe, 2);
    expect(probe.frame(update)).toEqual([]);
    expect(probe.frame(stepOne)).toEqual([]);
    const effects = greeted(probe, 2);
    expect(sent(effects)).toEqual([welcome(2)]);
    expect(kinds(effects)).toEqual(['send', 'submit', 'read']);
    expect(effects[1]).toMatchObject({ life: 2 });
  });

  it('O34: a copy of an ended life is reset, and nothing of it is taken', () => {
    for (const [held, life, isLive, reset] of [
      [1, 2, true, '016140020201'],
      [1, 1, false, '016140020000'],
    ] as const) {
      const probe = hocuspocus();
      greet(probe, held);
      probe.frame(update);
      const effects = greeted(probe, life, isLive);
      expect(sent(effects)).toEqual([reset]);
      expect(kinds(effects)).toEqual(['unsubscribe', 'send']);
      expect(probe.frame(update)).toEqual([]);
    }
  });

  it('O34: a life that is not known here yet is not refused for it', () => {
    const absent = hocuspocus();
    greet(absent, 1);
    expect(sent(greeted(absent, 0, false))).toEqual([welcome(0)]);
    const next = hocuspocus();
    greet(next, 2);
    expect(sent(greeted(next, 1, false))).toEqual([welcome(0)]);
    for (const [held, isLive] of [
      [3, true],
      [3, false],
      [2, true],
    ] as const) {
      const behind = hocuspocus();
      greet(behind, held);
      behind.frame(update);
      expect(greeted(behind, 1, isLive)).toMatchObject([{ type: 'close', code: 4513 }]);
    }
  });

  it('O34: who begins a document is told of its life', () => {
    const probe = hocuspocus();
    greet(probe, 0);
    expect(sent(greeted(probe, 0, false))).toEqual([welcome(0)]);
    probe.frame(update);
    const stored: SessionEvent = {
      type: 'submitted',
      channel: 'a',
      ticket: 1,
      outcome: { ok: true, novel: true },
    };
    expect(kinds(probe.handle(stored))).toEqual(['send', 'greet']);
    expect(sent(greeted(probe, 1))).toEqual([welcome(1)]);
    expect(greeted(probe, 1)).toEqual([]);
  });

  it('O35: levels are for those who greeted, in every login; the answer is what was asked', () => {
    const probe = hocuspocus(readOnly);
    const want = '01 61 40 03 01 02 00';
    expect(probe.frame(want)).toEqual([]);
    greet(probe, 1);
    expect(probe.frame(want)).toEqual([]);
    expect(kinds(greeted(probe, 1))).toEqual(['send', 'want']);
    const level = { upTo: 1, nodes: 2, regions: false };
    expect(sent(probe.handle({ type: 'reached', channel: 'a', ...level }))).toEqual(['01614004010200']);
    probe.grant(null, 'a');
    expect(probe.handle({ type: 'reached', channel: 'a', ...level })).toEqual([]);
  });
});
