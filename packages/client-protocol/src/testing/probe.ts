import { type DocumentId, fromHex, toHex } from '@hearsay/core';
import { createHocuspocusSession } from '../hocuspocus-session.ts';
import type { ClientSession, Permission, SessionEffect, SessionEvent } from '../session.ts';
import { createYWebsocketSession } from '../y-websocket-session.ts';

export const readWrite: Permission = { read: true, write: true, presence: true };
export const readOnly: Permission = { read: true, write: false, presence: true };

export const notes: DocumentId = { collection: 'default', name: 'a' };

/** A session with short ways to feed it and to see what it says. */
export class Probe {
  readonly session: ClientSession;
  now = 0;

  constructor(session: ClientSession) {
    this.session = session;
  }

  handle(event: SessionEvent): readonly SessionEffect[] {
    return this.session.handle(event, this.now);
  }

  /** A frame in hexadecimal, spaces allowed. */
  frame(hex: string): readonly SessionEffect[] {
    return this.handle({ type: 'frame', frame: fromHex(hex.replaceAll(' ', '')) });
  }

  grant(permission: Permission | null, channel: string, reason = 'no'): readonly SessionEffect[] {
    return this.handle({ type: 'authenticated', channel, permission, reason });
  }
}

export function yWebsocket(permission: Permission | null = readWrite): Probe {
  const probe = new Probe(createYWebsocketSession(notes, null));
  probe.handle({ type: 'opened' });
  if (permission !== null) probe.grant(permission, '');
  return probe;
}

export function hocuspocus(permission: Permission | null = readWrite): Probe {
  const probe = new Probe(createHocuspocusSession('default'));
  probe.frame('01 61 02 00 01 74');
  if (permission !== null) probe.grant(permission, 'a');
  return probe;
}

/** The frames among effects, in hexadecimal. */
export function sent(effects: readonly SessionEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [toHex(effect.frame)] : []));
}

export function kinds(effects: readonly SessionEffect[]): string[] {
  return effects.map(({ type }) => type);
}
