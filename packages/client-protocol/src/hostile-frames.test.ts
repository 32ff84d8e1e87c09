import { concat, fromHex, toHex } from '@hearsay/core';
import { admitUpdate, emptyVersion } from '@hearsay/document';
import * as decoding from 'lib0/decoding';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { SessionEffect } from './session.ts';
import { hocuspocus, kinds, type Probe, sent, yWebsocket } from './testing/probe.ts';

const update = textUpdate();
const withUpdate = (head: string): string =>
  `${head}${toHex(Uint8Array.of(update.byteLength))}${toHex(update)}`;

/** A frame of each type that a client sends. */
const bodies = {
  'step 1': '00000100',
  'step 1 of two clients': '00000602ac02070503',
  'step 2': withUpdate('0001'),
  update: withUpdate('0002'),
  awareness: '010c01ac0205077b2261223a317d',
  'query for awareness': '03',
};

const addressed = {
  ...bodies,
  token: '02000174',
  'token and version': '0200017405342e382e30',
  stateless: '0503616263',
  leave: '07',
};

const dialects = [
  {
    name: 'y-websocket',
    open: yWebsocket,
    prefix: '',
    frames: bodies,
    unknown: ['', '02', '04', '05', '66', '7f'],
  },
  {
    name: 'Hocuspocus',
    open: hocuspocus,
    prefix: '0161',
    frames: addressed,
    unknown: ['', '04020000', '0603616263', '08', '080163', '0b', '0201016e', '020204', '7f'],
  },
] as const;

const cases = dialects.flatMap(({ open, prefix, frames, name }) =>
  Object.entries(frames).map(([kind, body]) => ({ name, kind, open, frame: prefix + body, prefix })),
);

/** A fresh client of which nothing is heard but what a frame makes it say. */
function effectsOf(open: () => Probe, frame: Uint8Array): readonly SessionEffect[] {
  return open().handle({ type: 'frame', frame });
}

function expectRefusal(effects: readonly SessionEffect[], frame: string): void {
  expect([frame, kinds(effects)]).toEqual([frame, ['close']]);
  expect(effects[0]).toMatchObject({ code: 4400 });
}

describe('hostile frames', () => {
  it.each(cases)(
    'C7: $name, $kind: taken whole, refused when cut or continued',
    ({ open, frame, kind, prefix }) => {
      const bytes = fromHex(frame);
      expect(kinds(effectsOf(open, bytes))).not.toContain('close');
      for (let length = 0; length < bytes.byteLength; length++) {
        const cut = bytes.subarray(0, length);
        // A version that is not there is a client of an earlier release.
        if (kind === 'token and version' && toHex(cut) === `${prefix}02000174`) continue;
        expectRefusal(effectsOf(open, cut), toHex(cut));
      }
      for (const more of ['00', 'ff', '0000']) {
        const continued = concat(bytes, fromHex(more));
        // That would be an empty version.
        if (kind === 'token' && more === '00') continue;
        expectRefusal(effectsOf(open, continued), toHex(continued));
      }
    },
  );

  it.each(cases)(
    'C7: $name, $kind: with any bit flipped it is refused, or is what it says',
    ({ name, open, frame }) => {
      const bytes = fromHex(frame);
      let refused = 0;
      for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const effects = effectsOf(open, flipped);
        if (kinds(effects).includes('close')) {
          expectRefusal(effects, toHex(flipped));
          refused++;
          continue;
        }
        expect([toHex(flipped), readsWhole(flipped, name === 'Hocuspocus')]).toEqual([toHex(flipped), true]);
        for (const effect of effects) {
          if (effect.type === 'submit')
            expect(typeof admitUpdate(effect.update, emptyVersion).ok).toBe('boolean');
        }
      }
      expect(refused).toBeGreaterThan(0);
    },
  );

  it.each(dialects)(
    'C7: $name: types that no client sends, and text, are refused',
    ({ open, prefix, unknown }) => {
      for (const body of unknown) expectRefusal(effectsOf(open, fromHex(prefix + body)), body);
      const overlong = fromHex(`${prefix}${'ff'.repeat(10)}`);
      expectRefusal(effectsOf(open, overlong), toHex(overlong));
      expect(open().handle({ type: 'textFrame' })[0]).toMatchObject({ type: 'close', code: 4400 });
    },
  );

  it('C7: a state vector of more clients than a document may have is refused unread', () => {
    // A count of 100,000 clients, and none of them.
    expectRefusal(effectsOf(yWebsocket, fromHex('000003a08d06')), 'many');
  });

  it('C7: extensions are taken whole or refused', () => {
    for (const body of ['40000100', '4003010200']) {
      expect(kinds(effectsOf(hocuspocus, fromHex(`0161${body}`)))).not.toContain('close');
      expectRefusal(effectsOf(hocuspocus, fromHex(`0161${body}00`)), 'trailing');
    }
    for (const body of ['40', '4000', '400001', '40030102', '40010100']) {
      expectRefusal(effectsOf(hocuspocus, fromHex(`0161${body}`)), body);
    }
  });

  it('C7: what one client of a Hocuspocus socket may not say does not reach another document', () => {
    const probe = hocuspocus();
    expectRefusal(probe.frame('01 62 63'), 'unknown type for b');
    expect(sent(probe.frame('01 61 00 02 02 00 00'))).toEqual([]);
  });
});

/** Whether the reference's own decoder finds a message in it, and nothing else. */
function readsWhole(frame: Uint8Array, isAddressed: boolean): boolean {
  const decoder = decoding.createDecoder(frame);
  if (isAddressed && frame.byteLength > 1) decoding.readVarString(decoder);
  const type = decoding.readVarUint(decoder);
  if (type === 0) {
    decoding.readVarUint(decoder);
    decoding.readVarUint8Array(decoder);
  } else if (type === 1) {
    decoding.readVarUint8Array(decoder);
  } else if (type === 2) {
    decoding.readVarUint(decoder);
    decoding.readVarString(decoder);
    if (decoding.hasContent(decoder)) decoding.readVarString(decoder);
  } else if (type === 5) {
    decoding.readVarString(decoder);
  } else if (type === 64) {
    // The extension: `greet` has two numbers, `want` three.
    const numbers = decoding.readVarUint(decoder) === 0 ? 2 : 3;
    for (let index = 0; index < numbers; index++) decoding.readVarUint(decoder);
  }
  return !decoding.hasContent(decoder);
}

function textUpdate(): Uint8Array {
  const document = new Y.Doc();
  document.clientID = 7;
  document.getText('t').insert(0, 'hi');
  document.getText('t').delete(0, 1);
  return Y.encodeStateAsUpdate(document);
}
