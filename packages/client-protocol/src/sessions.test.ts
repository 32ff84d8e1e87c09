import { toHex, utf8Encode } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { createHocuspocusSession } from './hocuspocus-session.ts';
import { createSession } from './sniff.ts';
import { hocuspocus, kinds, notes, Probe, readOnly, readWrite, sent, yWebsocket } from './testing.ts';

const emptyUpdate = Uint8Array.of(0, 0);
const state = { type: 'state', life: 1, stateVector: Uint8Array.of(0), updates: [emptyUpdate] } as const;

describe('telling the dialects apart', () => {
  const request = { collection: 'default', document: notes, token: null };

  it('C1: by the first frame', () => {
    expect(createSession(request, Uint8Array.of(0, 0, 1, 0))).toMatchObject({ dialect: 'y-websocket' });
    expect(createSession(request, Uint8Array.of(3))).toMatchObject({ dialect: 'y-websocket' });
    expect(createSession(request, Uint8Array.of(1, 0x61, 0, 0, 1, 0))).toMatchObject({
      dialect: 'hocuspocus',
    });
    expect(createSession({ ...request, document: null }, Uint8Array.of(0, 0, 1, 0))).toMatchObject({
      code: 4404,
    });
    expect(createSession({ ...request, document: null }, Uint8Array.of(1, 0x61, 3))).toMatchObject({
      dialect: 'hocuspocus',
    });
  });
});

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

  it('C7: malformed frames close and do nothing else', () => {
    const good = ['00000100', '0001020000', '0002020000', '010c01ac0205077b2261223a317d', '03'];
    const bad = [
      '',
      '05',
      '02',
      '7f',
      '0003020000',
      '00 00 03 01 01',
      'ffffffffffffffffffff',
      ...good.map((frame) => `${frame}00`),
      ...good
        .flatMap((frame) =>
          Array.from({ length: frame.length / 2 - 1 }, (_, cut) => frame.slice(0, 2 * (cut + 1))),
        )
        .filter((frame) => !good.includes(frame)),
    ];
    for (const frame of bad) {
      const effects = yWebsocket().frame(frame);
      expect([frame, kinds(effects)]).toEqual([frame, ['close']]);
      expect(effects[0]).toMatchObject({ code: 4400 });
    }
    expect(yWebsocket().handle({ type: 'textFrame' })[0]).toMatchObject({ type: 'close', code: 4400 });
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

  it('C15: a downgrade takes effect at once', () => {
    const probe = yWebsocket();
    probe.grant(readOnly, '');
    expect(kinds(probe.frame('00 02 02 00 00'))).not.toContain('submit');
    const ended = probe.grant(null, '', 'revoked');
    expect(kinds(ended)).toEqual(['send', 'unsubscribe', 'close']);
    expect(probe.frame('00 00 01 00')).toEqual([]);
  });
});

describe('Hocuspocus', () => {
  it('C2: the order on open', () => {
    const probe = hocuspocus(null);
    expect(probe.frame('01 61 00 00 01 00')).toEqual([]);
    const effects = probe.grant(readWrite, 'a');
    expect(sent(effects)).toEqual(['016102020a726561642d7772697465']);
    expect(kinds(effects)).toEqual(['send', 'subscribe', 'queryPresence', 'read']);
    expect(sent(probe.handle({ ...state, channel: 'a', ticket: 1 }))).toEqual([
      '016100000100',
      '01610001020000',
    ]);
  });

  it('C2: a client without a token is anonymous', () => {
    const probe = new Probe(createHocuspocusSession('default'));
    const [login] = probe.frame('01 61 00 00 01 00');
    expect(login).toMatchObject({ type: 'authenticate', channel: 'a', token: null });
    expect(kinds(probe.grant(readWrite, 'a'))).toContain('read');
  });

  it('C4: exactly one status for each update, none for step 1', () => {
    const probe = hocuspocus();
    const outcomes = [
      { ok: true, novel: true },
      { ok: true, novel: false },
    ] as const;
    for (const frame of ['01 61 00 01 02 00 00', '01 61 00 02 02 00 00']) {
      for (const outcome of outcomes) {
        const [submit] = probe.frame(frame);
        const ticket = submit?.type === 'submit' ? submit.ticket : -1;
        const answer = { type: 'submitted', channel: 'a', ticket, outcome } as const;
        expect(sent(probe.handle(answer))).toEqual(['01610801']);
        expect(probe.handle(answer)).toEqual([]);
      }
    }
    probe.frame('01 61 00 00 01 00');
    expect(sent(probe.handle({ ...state, channel: 'a', ticket: 9 }))).not.toContain('01610801');
  });

  it('C4: a refused update gets status 0', () => {
    const probe = hocuspocus();
    probe.frame('01 61 00 02 02 00 00');
    const outcome = { ok: false, code: 'UPDATE_MISSING_DEPENDENCIES', message: '', retry: true } as const;
    const effects = probe.handle({ type: 'submitted', channel: 'a', ticket: 1, outcome });
    expect(sent(effects)).toEqual(['01610800']);
    expect(effects.at(-1)).toMatchObject({ type: 'read', stateVector: null });
  });

  it('C6: a deleted document ends its channel, not the socket', () => {
    const probe = hocuspocus();
    const effects = probe.handle({ type: 'documentDeleted', channel: 'a' });
    expect(kinds(effects)).toEqual(['unsubscribe', 'send']);
    expect(sent(effects)[0]).toMatch(/^016107/);
  });

  it('C7: malformed frames close and do nothing else', () => {
    const good = ['016100000100', '01610001020000', '01610002020000', '016103', '016107', '01610203'];
    const bad = [
      '',
      '0161',
      '016104020000',
      '01610603616263',
      '016108',
      '016163',
      '0161020100',
      '00030000',
      ...good.map((frame) => `${frame}ff`),
      ...good.slice(0, 3).map((frame) => frame.slice(0, -2)),
    ];
    for (const frame of bad) {
      const effects = hocuspocus().frame(frame);
      expect([frame, kinds(effects)]).toEqual([frame, ['close']]);
    }
  });

  it('C8: a refused login leaves the socket open and the document shut', () => {
    const probe = hocuspocus(null);
    const effects = probe.grant(null, 'a', 'no');
    expect(sent(effects)).toEqual(['01610201026e6f']);
    expect(kinds(effects)).toEqual(['send']);
    expect(kinds(probe.frame('01 61 00 02 02 00 00'))).toEqual([]);
    // It may try again on the same socket.
    expect(kinds(probe.frame('01 61 02 00 01 75'))).toEqual(['authenticate']);
  });

  it('C9: read-only: 0 for an update, 1 for a step 2 with nothing new', () => {
    const probe = hocuspocus(null);
    expect(sent(probe.grant(readOnly, 'a'))).toEqual([
      `01610202 08${toHex(utf8Encode('readonly'))}`.replace(' ', ''),
    ]);
    expect(sent(probe.frame('01 61 00 02 02 00 00'))).toEqual(['01610800']);
    for (const novel of [false, true]) {
      const [check] = probe.frame('01 61 00 01 02 00 00');
      const ticket = check?.type === 'submit' ? check.ticket : -1;
      const effects = probe.handle({ type: 'submitted', channel: 'a', ticket, outcome: { ok: true, novel } });
      expect(sent(effects)).toEqual([novel ? '01610800' : '01610801']);
    }
  });

  it('C10: a version 4 provider is pinged, older ones get empty awareness', () => {
    const old = hocuspocus();
    const current = new Probe(createHocuspocusSession('default'));
    current.frame('01 61 02 00 01 74 05 34 2e 38 2e 30');
    for (const probe of [old, current]) {
      probe.handle({ type: 'tick' });
      probe.now = 20_000;
    }
    expect(sent(old.handle({ type: 'tick' }))).toEqual(['0161010100']);
    expect(sent(current.handle({ type: 'tick' }))).toEqual(['09']);
    expect(current.frame('0a')).toEqual([]);
    expect(sent(current.frame('09'))).toEqual(['0a']);
  });

  it('C14: documents and sessions on one socket are apart', () => {
    const probe = hocuspocus();
    probe.frame('01 62 02 00 01 74');
    probe.grant(readOnly, 'b');
    probe.frame('04 61 00 73 31 02 00 01 74');
    probe.grant(readWrite, 'a\0s1');
    expect(kinds(probe.frame('01 61 00 02 02 00 00'))).toEqual(['submit']);
    expect(kinds(probe.frame('01 62 00 02 02 00 00'))).toEqual(['send']);
    const [submit] = probe.frame('04 61 00 73 31 00 02 02 00 00');
    expect(submit).toMatchObject({ type: 'submit', channel: 'a\0s1', document: notes });
    expect(kinds(probe.frame('04 61 00 73 31 07'))).toEqual(['unsubscribe']);
    expect(kinds(probe.frame('01 61 00 02 02 00 00'))).toEqual(['submit']);
  });

  it('C14: the number of documents on a socket is bounded, and names are checked; the others go on', () => {
    const probe = new Probe(createHocuspocusSession('default'));
    for (let n = 1000; n < 2000; n++) probe.frame(`04 ${toHex(utf8Encode(`${n}`))} 03`);
    const refused = sent(probe.frame('04 32303030 02 00 01 74'));
    expect(refused).toEqual([expect.stringMatching(/^043230303002 ?01/)]);
    expect(kinds(probe.frame('04 31303030 02 00 01 74'))).toEqual(['authenticate']);
    const other = hocuspocus();
    for (const blank of ['00', '01 20', '02 2e 2e']) {
      expect(kinds(other.frame(`${blank} 02 00 01 74`))).toEqual(['send']);
      expect(kinds(other.frame(`${blank} 00 00 01 00`))).toEqual(['send']);
      expect(kinds(other.frame(`${blank} 00 02 02 00 00`))).toEqual([]);
    }
    expect(kinds(other.frame('01 61 00 02 02 00 00'))).toEqual(['submit']);
  });
});
