import { describe, expect, it } from 'vitest';
import type { SubmitOutcome } from './session.ts';
import { hocuspocus, kinds, type Probe, readOnly, sent, yWebsocket } from './testing/probe.ts';

const stepOne = '01 61 00 00 01 00';
const stepTwo = '01 61 00 01 02 00 00';
const update = '01 61 00 02 02 00 00';
const saved = '01610801';
const refused = '01610800';
const asks = '016100000100';

const stored: SubmitOutcome = { ok: true, novel: true };
const lacks: SubmitOutcome = { ok: false, code: 'UPDATE_MISSING_DEPENDENCIES', message: '', retry: true };

/** Sends a frame that reads or submits; gives the ticket of it. */
function ticketOf(probe: Probe, frame: string): number {
  const effect = probe.frame(frame).find(({ type }) => type === 'read' || type === 'submit');
  if (effect?.type !== 'read' && effect?.type !== 'submit') throw new Error(`${frame} asks nothing`);
  return effect.ticket;
}

function answer(probe: Probe, ticket: number, outcome: SubmitOutcome): string[] {
  return sent(probe.handle({ type: 'submitted', channel: 'a', ticket, outcome }));
}

function tell(probe: Probe, ticket: number, life = 1): string[] {
  const updates = [Uint8Array.of(0, 0)];
  return sent(
    probe.handle({ type: 'state', channel: 'a', ticket, life, stateVector: Uint8Array.of(0), updates }),
  );
}

function tickAt(probe: Probe, now: number): string[] {
  probe.now = now;
  return kinds(probe.handle({ type: 'tick' }));
}

describe('acknowledgement', () => {
  it('C4: in the order of the updates, whatever the order of the answers', () => {
    const probe = hocuspocus();
    const [first, second, third] = [
      ticketOf(probe, stepTwo),
      ticketOf(probe, update),
      ticketOf(probe, update),
    ];
    expect(answer(probe, third, stored)).toEqual([]);
    expect(answer(probe, first, stored)).toEqual([saved]);
    probe.grant(readOnly, 'a');
    expect(sent(probe.frame(update))).toEqual([]);
    expect(answer(probe, second, stored)).toEqual([saved, saved, refused]);
    expect(answer(probe, second, stored)).toEqual([]);
  });

  it('C5: what lacks something while the client is being asked shares the fate of its answer', () => {
    for (const fate of [stored, lacks]) {
      const probe = hocuspocus();
      // It typed while it connected: the edit needs what it wrote offline.
      const look = ticketOf(probe, stepOne);
      const early = ticketOf(probe, update);
      expect(tell(probe, look)).toContain(asks);
      const late = ticketOf(probe, update);
      expect(answer(probe, early, lacks)).toEqual([]);
      expect(answer(probe, late, lacks)).toEqual([]);
      const all = ticketOf(probe, stepTwo);
      const after = ticketOf(probe, update);
      const status = fate.ok ? saved : refused;
      expect(answer(probe, all, fate)).toEqual([status, status, status]);
      expect(answer(probe, after, stored)).toEqual([saved]);
    }
  });

  it('C5: an update that lacks something while nobody asks is refused and makes the server ask, once', () => {
    const probe = hocuspocus();
    const [first, second] = [ticketOf(probe, update), ticketOf(probe, update)];
    const effects = probe.handle({ type: 'submitted', channel: 'a', ticket: first, outcome: lacks });
    expect(sent(effects)).toEqual([refused]);
    expect(effects.at(-1)).toMatchObject({ type: 'read', stateVector: null });
    expect(probe.handle({ type: 'submitted', channel: 'a', ticket: second, outcome: lacks })).toEqual([]);
    const read = effects.at(-1);
    const ticket = read?.type === 'read' ? read.ticket : -1;
    const answered = {
      type: 'state',
      channel: 'a',
      ticket,
      life: 1,
      stateVector: Uint8Array.of(0),
      updates: [],
    } as const;
    expect(sent(probe.handle(answered))).toEqual([asks]);
    expect(answer(probe, ticketOf(probe, stepTwo), stored)).toEqual([saved, saved]);
  });

  it('C5: a client whose whole state lacks something is not asked in circles, but again later', () => {
    const probe = hocuspocus();
    expect(answer(probe, ticketOf(probe, stepTwo), lacks)).toEqual([refused]);
    expect(tickAt(probe, 15_000)).toEqual([]);
    expect(tickAt(probe, 20_000)).toContain('read');
    expect(tickAt(probe, 25_000)).not.toContain('read');
  });

  it('C5: what waits for a client that never answers is refused in the end', () => {
    const probe = hocuspocus();
    ticketOf(probe, stepOne);
    expect(answer(probe, ticketOf(probe, update), lacks)).toEqual([]);
    probe.now = 120_000;
    expect(sent(probe.handle({ type: 'tick' }))[0]).toBe(refused);
  });

  it('C5: a client that sends nothing but what lacks something is closed', () => {
    const probe = hocuspocus();
    ticketOf(probe, stepOne);
    const closing = Array.from({ length: 1025 }, () => {
      const ticket = ticketOf(probe, update);
      return kinds(probe.handle({ type: 'submitted', channel: 'a', ticket, outcome: lacks }));
    });
    expect(closing.at(-2)).toEqual([]);
    expect(closing.at(-1)).toEqual(['close']);
  });
});

describe('looks at a document', () => {
  it('C19: one at a time; those that come meanwhile become one', () => {
    const probe = hocuspocus();
    const first = ticketOf(probe, stepOne);
    expect(kinds(probe.frame('01 61 00 00 03 01 05 03'))).toEqual([]);
    expect(kinds(probe.frame('01 61 00 00 03 01 05 04'))).toEqual([]);
    const updates = [Uint8Array.of(0, 0)];
    const state = { type: 'state', channel: 'a', life: 1, stateVector: Uint8Array.of(0), updates } as const;
    const next = probe.handle({ ...state, ticket: first }).at(-1);
    expect(next).toMatchObject({ type: 'read', stateVector: new Map([[5, 4]]) });
    const ticket = next?.type === 'read' ? next.ticket : -1;
    expect(kinds(probe.handle({ ...state, ticket: first }))).toEqual([]);
    expect(kinds(probe.handle({ ...state, ticket }))).toEqual(['send', 'send']);
  });

  it('C19: what becomes one still asks the client if one of them did', () => {
    const probe = yWebsocket();
    const state = {
      type: 'state',
      channel: '',
      life: 1,
      stateVector: Uint8Array.of(0),
      updates: [],
    } as const;
    probe.frame('00 00 01 00');
    probe.handle({ ...state, ticket: 1 });
    probe.handle({
      type: 'submitted',
      channel: '',
      ticket: ticketOf(probe, '00 01 02 00 00'),
      outcome: stored,
    });
    const look = ticketOf(probe, '00 00 01 00');
    // An update lacks something, then the client syncs anew by itself: both wait for the first look.
    const lacking = ticketOf(probe, '00 02 02 00 00');
    expect(probe.handle({ type: 'submitted', channel: '', ticket: lacking, outcome: lacks })).toEqual([]);
    probe.frame('00 00 01 00');
    expect(sent(probe.handle({ ...state, ticket: look }))).toEqual([]);
    expect(sent(probe.handle({ ...state, ticket: lacking + 1 }))).toEqual(['00000100']);
  });

  it('C19: a flood of them is answered at leisure', () => {
    const probe = hocuspocus();
    let looks = 0;
    const ask = (): void => {
      for (const effect of probe.frame(stepOne)) {
        if (effect.type !== 'read') continue;
        looks++;
        tell(probe, effect.ticket);
      }
    };
    for (let n = 0; n < 1000; n++) ask();
    expect(looks).toBe(20);
    expect(tickAt(probe, 5000)).toContain('read');
    expect(kinds(probe.frame('01 61 03'))).toEqual(['queryPresence']);
    const queries = Array.from({ length: 100 }, () => kinds(probe.frame('01 61 03')).length);
    expect(queries.filter((count) => count > 0)).toHaveLength(19);
  });

  it('C20: a client whose document has begun another life is closed unless it comes with nothing', () => {
    const probe = hocuspocus();
    tell(probe, ticketOf(probe, stepOne), 1);
    const [submit] = probe.frame(update);
    expect(submit).toMatchObject({ life: 1 });
    const old = ticketOf(probe, '01 61 00 00 03 01 05 03');
    expect(tell(probe, old, 2)).toEqual([expect.stringMatching(/^01610201/)]);
    probe.frame('01 61 02 00 01 74');
    probe.grant({ read: true, write: true, presence: true }, 'a');
    const fresh = ticketOf(probe, stepOne);
    expect(tell(probe, fresh, 2)).toEqual([asks, '01610001020000']);
  });

  it('C20: the same over y-websocket, where it is for good', () => {
    const probe = yWebsocket();
    const state = { type: 'state', channel: '', stateVector: Uint8Array.of(0), updates: [] } as const;
    probe.frame('00 00 01 00');
    probe.handle({ ...state, ticket: 1, life: 1 });
    probe.frame('00 00 03 01 05 03');
    expect(probe.handle({ ...state, ticket: 2, life: 2 }).at(-1)).toMatchObject({
      type: 'close',
      code: 4410,
    });
  });
});
