import { describe, expect, it } from 'vitest';
import { createSession } from './sniff.ts';
import { notes } from './testing/probe.ts';

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
