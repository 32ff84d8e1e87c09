import type { RepairEvent, RepairTimer, RepairToken } from './anti-entropy/events.ts';
import type { RepairAnswer, RepairRequest } from './anti-entropy/messages.ts';
import type { ResponderEvent, ResponderToken } from './anti-entropy/responder.ts';
import type { ExchangeEvent, ExchangeToken, ServeEvent, ServeToken } from './documents/events.ts';
import type { DocumentsMessage } from './documents/messages.ts';
import type { EngineEffect, EngineMessage } from './events.ts';
import type { IncomingMailEvent, IncomingMailToken } from './mail/incoming-mail.ts';
import type { MailMessage } from './mail/messages.ts';
import type { OutgoingMailEvent, OutgoingMailToken } from './mail/outgoing-mail.ts';
import type { Parts } from './parts.ts';
import type { PeersEvent, PeersTimer } from './peers/events.ts';
import type { PeersMessage } from './peers/messages.ts';
import type { PresenceMessage } from './presence/messages.ts';
import type { PresenceEvent, PresenceTimer } from './presence/presence-machine.ts';
import { type InnerEffect, none, wire } from './wiring.ts';

type Take<Event> = (event: Event, now: number) => void;

/** Every part as a function of its events. */
export interface WiredParts {
  readonly peers: Take<PeersEvent>;
  readonly outgoingMail: Take<OutgoingMailEvent>;
  readonly incomingMail: Take<IncomingMailEvent>;
  readonly exchange: Take<ExchangeEvent>;
  readonly documentServer: Take<ServeEvent>;
  readonly repair: Take<RepairEvent>;
  readonly responder: Take<ResponderEvent>;
  readonly presence: Take<PresenceEvent>;
}

/** Marks what each part sends, asks and sets as its own, and collects it in `emit`. */
export function wireParts(parts: Parts, emit: (effect: EngineEffect | InnerEffect) => void): WiredParts {
  const mail = (message: MailMessage): EngineMessage => ({ channel: 'mail', message });
  const documents = (message: DocumentsMessage): EngineMessage => ({ channel: 'documents', message });
  const repair = (message: RepairRequest | RepairAnswer): EngineMessage => ({ channel: 'repair', message });
  return {
    peers: wire(
      parts.peers,
      {
        message: (message: PeersMessage) => ({ channel: 'peers', message }),
        token: (_: null) => ({ part: 'peers' }),
        timer: (timer: PeersTimer) => ({ part: 'peers', timer }),
      },
      emit,
    ),
    outgoingMail: wire(
      parts.outgoingMail,
      {
        message: mail,
        token: (token: OutgoingMailToken) => ({ part: 'outgoingMail', token }),
        timer: (_: null) => ({ part: 'outgoingMail' }),
      },
      emit,
    ),
    incomingMail: wire(
      parts.incomingMail,
      {
        message: mail,
        token: (token: IncomingMailToken) => ({ part: 'incomingMail', token }),
        timer: none,
      },
      emit,
    ),
    exchange: wire(
      parts.exchange,
      {
        message: documents,
        token: (token: ExchangeToken) => ({ part: 'exchange', token }),
        timer: (batch: number) => ({ part: 'exchange', batch }),
      },
      emit,
    ),
    documentServer: wire(
      parts.documentServer,
      { message: documents, token: (token: ServeToken) => ({ part: 'documentServer', token }), timer: none },
      emit,
    ),
    repair: wire(
      parts.repair,
      {
        message: repair,
        token: (token: RepairToken) => ({ part: 'repair', token }),
        timer: (timer: RepairTimer) => ({ part: 'repair', timer }),
      },
      emit,
    ),
    responder: wire(
      parts.responder,
      { message: repair, token: (token: ResponderToken) => ({ part: 'responder', token }), timer: none },
      emit,
    ),
    presence: wire(
      parts.presence,
      {
        message: (message: PresenceMessage) => ({ channel: 'presence', message }),
        token: none,
        timer: (timer: PresenceTimer) => ({ part: 'presence', timer }),
      },
      emit,
    ),
  };
}
