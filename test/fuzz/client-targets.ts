import {
  type ClientSession,
  createHocuspocusSession,
  createSession,
  decodeAwareness,
  encodeAwareness,
  type SessionEffect,
} from '@hearsay/client-protocol';
import { createRandom, fromHex } from '@hearsay/core';
import { admitUpdate, emptyVersion } from '@hearsay/document';
import { clientFrames, hocuspocusFrames } from './corpus/client-frames.ts';
import type { FuzzTarget } from './fuzz.ts';

const permission = { read: true, write: true, presence: true } as const;
const id = { collection: 'default', name: 'a' };

/** Frames of clients of both dialects: whatever comes, a session says something or closes, and nothing is thrown. */
export function clientTargets(): FuzzTarget[] {
  return [
    {
      name: 'frames of y-websocket clients',
      corpus: clientFrames.map(fromHex),
      feed: (frame) => {
        const session = createSession({ collection: 'default', document: id, token: null }, Uint8Array.of(0));
        if ('code' in session) throw new Error('no session for a usual first frame');
        session.handle({ type: 'opened' }, 0);
        session.handle({ type: 'authenticated', channel: '', permission, reason: '' }, 0);
        return feedFrame(session, frame);
      },
    },
    {
      name: 'frames of Hocuspocus clients',
      corpus: hocuspocusFrames.map(fromHex),
      feed: (frame) => {
        const session = createHocuspocusSession('default');
        session.handle({ type: 'frame', frame: fromHex('016102000174') }, 0);
        session.handle({ type: 'authenticated', channel: 'a', permission, reason: '' }, 0);
        return feedFrame(session, frame);
      },
    },
    {
      name: 'first frames',
      corpus: [...clientFrames, ...hocuspocusFrames].map(fromHex),
      feed: (frame) => {
        const random = createRandom(`first ${frame.byteLength}`);
        const document = random.chance(0.5) ? id : null;
        const session = createSession({ collection: 'default', document, token: null }, frame);
        return !('code' in session) && feedFrame(session, frame);
      },
    },
    {
      name: 'awareness',
      corpus: [
        encodeAwareness([{ clientId: 300, clock: 5, state: '{"a":1}' }]),
        encodeAwareness([
          { clientId: 1, clock: 1, state: null },
          { clientId: 2 ** 32 - 1, clock: 2 ** 31 - 1, state: '{"user":{"name":"ö"}}' },
        ]),
      ],
      feed: (bytes) => decodeAwareness(bytes).ok,
    },
  ];
}

function feedFrame(session: ClientSession, frame: Uint8Array): boolean {
  const effects: readonly SessionEffect[] = session.handle({ type: 'frame', frame }, 1);
  for (const effect of effects) if (effect.type === 'submit') admitUpdate(effect.update, emptyVersion);
  return !effects.some(({ type }) => type === 'close');
}
