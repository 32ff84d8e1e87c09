import { toHex, utf8Encode } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { kinds, notes, readOnly, readWrite, sent, yWebsocket } from './testing/probe.ts';

const emptyUpdate = Uint8Array.of(0, 0);
const state = { type: 'state', life: 1, stateVector: Uint8Array.of(0), updates: [emptyUpdate] } as const;

describe('y-websocket', () => {
  it('C2, C3: step 1 is answered with step 1 and step 2', () => {
    const probe = yWebsocket();
    const [read] = probe.frame('00 00 01 00');
    expect(read).toMatchObject({ type: 'read', channel: '', document: notes });
    const ticket = read?.type === 'read' ? read.ticket : 0;
    expect(sent(probe.handle({ ...state, channel: '', ticket }))).toEqual(['00000100', '0001020000']);
    // A later one, as `resyncInterval` sends, is answered too, without asking again.
    probe.frame('00 00 01 00');
    expect(sent(probe.handle({ ...state, channel: '', ticket: ticket + 1 }))).toEqual(['0001020000']);
  });

  it('C3: a state in pieces ends with the step 2', () => {
    const probe = yWebsocket();
    probe.frame('00 00 01 00');
    const pieces = [Uint8Array.of(1, 1), Uint8Array.of(2, 2), Uint8Array.of(3, 3)];
    const frames = sent(probe.handle({ ...state, channel: '', ticket: 1, updates: pieces }));
    expect(frames).toEqual(['00000100', '0002020101', '0002020202', '0001020303']);
  });

  it('C2: presence and queries', () => {
    const probe = yWebsocket();
    const [presence] = probe.frame('01 0c 01 ac 02 05 07 7b 22 61 22 3a 31 7d');
    const entries = [{ clientId: 300, clock: 5, state: '{"a":1}' }];
    expect(presence).toMatchObject({ type: 'presence', entries });
    expect(sent(probe.handle({ type: 'presence', channel: '', entries }))).toEqual([
      '010c01ac0205077b2261223a317d',
    ]);
    expect(kinds(probe.frame('03'))).toEqual(['queryPresence']);
  });

  it('C4: an update is submitted; nothing is said when it is stored', () => {
    const probe = yWebsocket();
    const [submit] = probe.frame('00 02 02 00 00');
    expect(submit).toMatchObject({ type: 'submit', update: emptyUpdate, dryRun: false });
    const ticket = submit?.type === 'submit' ? submit.ticket : 0;
    const outcome = { ok: true, novel: true } as const;
    expect(probe.handle({ type: 'submitted', channel: '', ticket, outcome })).toEqual([]);
  });

  it('C5: missing dependencies make the server ask', () => {
    const probe = yWebsocket();
    probe.frame('00 02 02 00 00');
    const outcome = { ok: false, code: 'UPDATE_MISSING_DEPENDENCIES', message: '', retry: true } as const;
    const [read] = probe.handle({ type: 'submitted', channel: '', ticket: 1, outcome });
    expect(read).toMatchObject({ type: 'read', stateVector: null });
    expect(sent(probe.handle({ ...state, channel: '', ticket: 2, updates: [] }))).toEqual(['00000100']);
  });

  it.each([
    ['LIFE_ENDED', 4410],
    ['UPDATE_MALFORMED', 4400],
    ['UPDATE_LIMIT', 4413],
    ['STORE_UNAVAILABLE', 4513],
    ['DISK_FULL', 4513],
  ])('C6: %s closes with %i', (code, closeCode) => {
    const probe = yWebsocket();
    probe.frame('00 02 02 00 00');
    const outcome = { ok: false, code, message: 'why', retry: false } as const;
    const effects = probe.handle({ type: 'submitted', channel: '', ticket: 1, outcome });
    expect(effects.at(-1)).toEqual({ type: 'close', code: closeCode, reason: `${code}: why` });
    expect(kinds(effects)).toContain('unsubscribe');
  });

  it('C8: nothing happens before login, then everything in order', () => {
    const probe = yWebsocket(null);
    expect(probe.frame('00 00 01 00')).toEqual([]);
    expect(probe.frame('00 02 02 00 00')).toEqual([]);
    expect(kinds(probe.grant(readWrite, ''))).toEqual(['subscribe', 'queryPresence', 'read', 'submit']);
  });

  it('C8: a refused login is told and closes for good', () => {
    const probe = yWebsocket(null);
    probe.frame('00 02 02 00 00');
    const effects = probe.grant(null, '', 'no');
    expect(sent(effects)).toEqual(['0200026e6f']);
    expect(effects.at(-1)).toMatchObject({ type: 'close', code: 4403 });
    expect(kinds(probe.frame('00 02 02 00 00'))).not.toContain('submit');
  });

  it('C8: a client that floods before login is closed', () => {
    const probe = yWebsocket(null);
    for (let i = 0; i < 1000; i++) expect(probe.frame('03')).toEqual([]);
    expect(probe.frame('03')[0]).toMatchObject({ type: 'close', code: 1013 });
  });

  it('C9: a read-only client is told that its update was refused', () => {
    const probe = yWebsocket(readOnly);
    expect(sent(probe.frame('00 02 02 00 00'))).toEqual([`020009${toHex(utf8Encode('read-only'))}`]);
    const [check] = probe.frame('00 01 02 00 00');
    expect(check).toMatchObject({ type: 'submit', dryRun: true });
    const nothing = { ok: true, novel: false } as const;
    expect(probe.handle({ type: 'submitted', channel: '', ticket: 2, outcome: nothing })).toEqual([]);
  });

  it('C10: hears something every 20 s', () => {
    const probe = yWebsocket();
    const heard: number[] = [];
    for (probe.now = 0; probe.now <= 100_000; probe.now += 5000) {
      if (sent(probe.handle({ type: 'tick' })).join() === '010100') heard.push(probe.now);
    }
    expect(heard).toEqual([20_000, 40_000, 60_000, 80_000, 100_000]);
  });

  it('C3: a resync is answered; the client is asked again only when it claims to have more', () => {
    const probe = yWebsocket();
    const answer = (ticket: number): string[] =>
      sent(probe.handle({ ...state, channel: '', ticket, stateVector: Uint8Array.of(1, 5, 3) }));
    probe.frame('00 00 01 00');
    expect(answer(1)).toEqual(['000003010503', '0001020000']);
    probe.frame('00 00 03 01 05 03');
    expect(answer(2)).toEqual(['0001020000']);
    probe.frame('00 00 03 01 05 04');
    expect(answer(3)).toEqual(['000003010503', '0001020000']);
    probe.frame('00 00 03 01 06 01');
    expect(answer(4)).toEqual(['000003010503', '0001020000']);
  });

  it('C15: a login that is over closes with its own code', () => {
    const effects = yWebsocket().handle({
      type: 'authenticated',
      channel: '',
      permission: null,
      reason: 'expired',
      unauthorised: true,
    });
    expect(effects.at(-1)).toMatchObject({ type: 'close', code: 4401, reason: 'expired' });
  });

  it('C16: what a client had sent before it hears of a close has no effect', () => {
    const probe = yWebsocket();
    expect(kinds(probe.frame('05'))).toEqual(['close']);
    expect(probe.frame('00 02 02 00 00')).toEqual([]);
    expect(probe.handle({ type: 'tick' })).toEqual([]);
  });

  it('C16: a close reason is short and plain, whatever it is made of', () => {
    const [, close] = yWebsocket(null).grant(null, '', `né\n${'x'.repeat(500)}`);
    expect(close).toMatchObject({ type: 'close', reason: `n??${'x'.repeat(117)}` });
  });

  it('C15: a downgrade takes effect at once', () => {
    const probe = yWebsocket();
    probe.grant(readOnly, '');
    expect(kinds(probe.frame('00 02 02 00 00'))).not.toContain('submit');
    const ended = probe.grant(null, '', 'revoked');
    expect(kinds(ended)).toEqual(['send', 'unsubscribe', 'close']);
    expect(probe.frame('00 00 01 00')).toEqual([]);
  });
});
