import { ByteWriter, limits, SharedBudget, toHex, utf8Encode } from '@hearsay/core';
import { describe, expect, it } from 'vitest';
import { createHocuspocusSession } from './hocuspocus-session.ts';
import { hocuspocus, kinds, notes, Probe, readOnly, readWrite, sent } from './testing/probe.ts';
import { WaitingRoom } from './waiting-room.ts';

const emptyUpdate = Uint8Array.of(0, 0);
const state = { type: 'state', life: 1, stateVector: Uint8Array.of(0), updates: [emptyUpdate] } as const;

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
    // Every step 1 sets the client's count of unsaved changes back to one: it has to be asked again.
    probe.frame('01 61 00 00 01 00');
    expect(sent(probe.handle({ ...state, channel: 'a', ticket: 2 }))).toEqual([
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
    const [read] = probe.frame('01 61 00 00 01 00');
    const ticket = read?.type === 'read' ? read.ticket : -1;
    expect(sent(probe.handle({ ...state, channel: 'a', ticket }))).toEqual([
      '016100000100',
      '01610001020000',
    ]);
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
    const probe = new Probe(createHocuspocusSession('default'));
    probe.frame('01 61 02 00 01 74 05 34 2e 38 2e 30');
    probe.grant(readWrite, 'a');
    const effects = probe.handle({ type: 'documentDeleted', channel: 'a' });
    expect(kinds(effects)).toEqual(['unsubscribe', 'failed', 'send']);
    expect(sent(effects)[0]).toMatch(/^016107/);
  });

  it('C35: a client that tells no version is refused the document: v2 throws on a close', () => {
    const probe = hocuspocus();
    const effects = probe.handle({ type: 'documentDeleted', channel: 'a' });
    expect(kinds(effects)).toEqual(['unsubscribe', 'failed', 'send']);
    expect(sent(effects)[0]).toMatch(/^01610201/);
  });

  it('C8: a refused login leaves the socket open and the document shut', () => {
    const probe = hocuspocus(null);
    const effects = probe.grant(null, 'a', 'no');
    expect(sent(effects)).toEqual(['01610201026e6f']);
    expect(kinds(effects)).toEqual(['send']);
    expect(kinds(probe.frame('01 61 00 02 02 00 00'))).toEqual([]);
    // It may try again on the same socket, and does not repeat what it asked for.
    probe.frame('01 61 00 00 01 00');
    expect(kinds(probe.frame('01 61 02 00 01 75'))).toEqual(['authenticate']);
    expect(kinds(probe.grant(readWrite, 'a'))).toEqual(['send', 'subscribe', 'queryPresence', 'read']);
  });

  it('C8: what a socket says before its logins is bounded over all documents', () => {
    const probe = new Probe(createHocuspocusSession('default'));
    const chunk = `00 02 ${toHex(Uint8Array.of(0x80, 0x80, 0x40))}${'00'.repeat(1_048_576)}`;
    for (let n = 0; n < 4; n++) expect(kinds(probe.frame(`02 6${n}61 ${chunk}`))).toEqual(['authenticate']);
    expect(kinds(probe.frame(`02 6461 ${chunk}`))).toEqual(['authenticate', 'close']);
  });

  it('C36: what is kept of a refused client is its last question if that is small; else a login begins anew', () => {
    const stateVector = (clients: number): string => {
      const writer = new ByteWriter(16).varUint(clients);
      for (let client = 1; client <= clients; client++) writer.varUint(client).varUint(1);
      return toHex(new ByteWriter(16).varBytes(writer.finish()).finish());
    };
    const budget = new SharedBudget(limits.clientsWaitingBytes);
    const probe = new Probe(createHocuspocusSession('default', new WaitingRoom(budget)));
    for (const name of ['61', '62']) {
      probe.frame(`01 ${name} 02 00 01 74`);
      probe.frame(`01 ${name} 00 00 ${stateVector(4000)}`);
    }
    // Read, it is many times larger than the frame.
    expect(budget.total).toBeGreaterThan(400_000);
    for (const name of ['a', 'b']) probe.grant(null, name);
    expect(budget.total).toBe(0);
    expect(probe.frame(`01 61 00 00 ${stateVector(4000)}`)).toEqual([]);
    expect(probe.frame(`01 62 00 00 ${stateVector(100)}`)).toEqual([]);
    expect(budget.total).toBeLessThan(limits.clientRefusedBytes);
    for (const name of ['61', '62']) probe.frame(`01 ${name} 02 00 01 75`);
    expect(kinds(probe.grant(readWrite, 'b'))).toContain('read');
    expect(probe.grant(readWrite, 'a').at(-1)).toMatchObject({ type: 'close', code: 1013 });
  });

  it('C36: what all sockets together say before their logins is bounded: the socket that keeps most is closed', () => {
    const budget = new SharedBudget(100_000);
    const crowdedOut: string[] = [];
    const open = (name: string) => {
      const room = new WaitingRoom(budget, () => crowdedOut.push(name));
      return { room, probe: new Probe(createHocuspocusSession('default', room)) };
    };
    const [small, large] = [open('small'), open('large')];
    const chunk = `00 02 ${toHex(Uint8Array.of(0x80, 0x80, 0x02))}${'00'.repeat(32_768)}`;
    small.probe.frame('01 61 00 00 01 00');
    for (let n = 0; n < 3; n++) large.probe.frame(`02 6${n}61 ${chunk}`);
    expect(crowdedOut).toEqual([]);
    large.probe.frame(`02 6361 ${chunk}`);
    expect(crowdedOut).toEqual(['large']);
    expect(kinds(small.probe.grant(readWrite, 'a'))).toContain('read');
    expect(budget.total).toBe(0);
    const gone = open('gone');
    gone.probe.frame(`02 6161 ${chunk}`);
    expect(budget.total).toBeGreaterThan(32_768);
    gone.room.close();
    expect(budget.total).toBe(0);
  });

  it('C8: what was kept makes room when its login is decided', () => {
    const probe = new Probe(createHocuspocusSession('default'));
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 900; n++) probe.frame('01 61 03');
      probe.grant(readWrite, 'a');
      expect(kinds(probe.frame('01 61 07'))).toEqual(['unsubscribe']);
    }
  });

  it('C8: a client that logs in over and over is closed', () => {
    const probe = hocuspocus(null);
    for (let n = 0; n < 3; n++) expect(kinds(probe.frame('01 61 02 00 01 74'))).toEqual(['authenticate']);
    expect(kinds(probe.frame('01 61 02 00 01 74'))).toEqual(['close']);
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

  it('C15: rights and logins change on an open document', () => {
    const probe = hocuspocus();
    expect(sent(probe.handle({ type: 'renewLogin', channel: 'a' }))).toEqual(['01610200']);
    expect(kinds(probe.frame('01 61 02 00 01 75'))).toEqual(['authenticate']);
    expect(sent(probe.grant(readOnly, 'a'))).toEqual([
      `01610202 08${toHex(utf8Encode('readonly'))}`.replace(' ', ''),
    ]);
    expect(sent(probe.frame('01 61 00 02 02 00 00'))).toEqual(['01610800']);
    expect(kinds(probe.grant(null, 'a'))).toEqual(['send', 'unsubscribe']);
    expect(kinds(probe.frame('01 61 03'))).toEqual([]);
  });

  it('C8: what is said after a new token waits for that login, and is decided by it', () => {
    const probe = hocuspocus();
    const update = '01 61 00 02 02 00 00';
    expect(kinds(probe.frame('01 61 02 00 01 75'))).toEqual(['authenticate']);
    expect(probe.frame(update)).toEqual([]);
    expect(kinds(probe.frame('01 61 02 00 01 76'))).toEqual(['authenticate']);
    expect(probe.frame(update)).toEqual([]);
    expect(kinds(probe.grant(readWrite, 'a'))).toEqual(['send']);
    expect(sent(probe.grant(readOnly, 'a')).slice(1)).toEqual(['01610800', '01610800']);
    probe.frame('01 61 02 00 01 77');
    probe.frame(update);
    expect(kinds(probe.grant(readWrite, 'a'))).toEqual(['send', 'submit']);
    expect(kinds(probe.frame(update))).toEqual(['submit']);
  });

  it('C17: answers that come after the rights are gone tell nothing', () => {
    const probe = hocuspocus();
    probe.frame('01 61 00 00 01 00');
    probe.frame('01 61 00 02 02 00 00');
    probe.grant(null, 'a');
    expect(probe.handle({ ...state, channel: 'a', ticket: 1 })).toEqual([]);
    expect(
      probe.handle({ type: 'presence', channel: 'a', entries: [{ clientId: 1, clock: 1, state: '{}' }] }),
    ).toEqual([]);
    // But what was stored before is told.
    const outcome = { ok: true, novel: true } as const;
    expect(sent(probe.handle({ type: 'submitted', channel: 'a', ticket: 2, outcome }))).toEqual(['01610801']);
    probe.frame('01 61 02 00 01 75');
    probe.grant(readWrite, 'a');
    expect(probe.handle({ ...state, channel: 'a', ticket: 1 })).toEqual([]);
  });

  it('C17: on a document that was closed only a new login has an effect', () => {
    const probe = hocuspocus();
    probe.handle({ type: 'documentDeleted', channel: 'a' });
    for (const frame of ['01 61 00 00 01 00', '01 61 00 02 02 00 00', '01 61 03']) {
      expect(probe.frame(frame)).toEqual([]);
    }
    expect(probe.grant(readWrite, 'a')).toEqual([]);
    expect(kinds(probe.frame('01 61 02 00 01 74'))).toEqual(['authenticate']);
    expect(kinds(probe.grant(readWrite, 'a'))).toContain('subscribe');
  });

  it('C18: damage to one document leaves the socket, and is tried again', () => {
    const probe = hocuspocus();
    probe.frame('01 61 00 00 01 00');
    const failure = { code: 'DOCUMENT_DAMAGED', message: '' } as const;
    expect(probe.handle({ type: 'readFailed', channel: 'a', ...failure })).toEqual([]);
    probe.now = 15_000;
    expect(kinds(probe.handle({ type: 'tick' }))).not.toContain('read');
    probe.now = 20_000;
    expect(kinds(probe.handle({ type: 'tick' }))).toContain('read');
    probe.frame('01 61 00 02 02 00 00');
    const outcome = { ok: false, retry: true, ...failure } as const;
    expect(sent(probe.handle({ type: 'submitted', channel: 'a', ticket: 3, outcome }))).toEqual(['01610800']);
    const gone = { ...outcome, code: 'STORE_UNAVAILABLE' };
    probe.frame('01 61 00 02 02 00 00');
    expect(probe.handle({ type: 'submitted', channel: 'a', ticket: 4, outcome: gone }).at(-1)).toMatchObject({
      code: 4513,
    });
  });
});
