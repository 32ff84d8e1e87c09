import type { RepairEvent, RepairTimer, RepairToken } from './anti-entropy/events.ts';
import type { RepairAnswer, RepairRequest } from './anti-entropy/messages.ts';
import type { ResponderEvent, ResponderToken } from './anti-entropy/responder.ts';
import type { ContentsEvent, ContentsToken } from './contents/contents-machine.ts';
import type { ContentsMessage } from './contents/messages.ts';
import type { ExchangeEvent, ExchangeToken, ServeEvent, ServeToken } from './documents/events.ts';
import type { DocumentsMessage } from './documents/messages.ts';
import type { EngineEffect, EngineMessage } from './events.ts';
import type { IncomingMailEvent, IncomingMailToken } from './mail/incoming-mail.ts';
import type { MailMessage } from './mail/messages.ts';
import type { OutgoingMailEvent, OutgoingMailToken } from './mail/outgoing-events.ts';
import type { MembershipEffect, MembershipEvent, MembershipTimer } from './membership/events.ts';
import type { MembershipMessage } from './membership/messages.ts';
import type { Parts } from './parts.ts';
import type { PeersEvent, PeersTimer } from './peers/events.ts';
import type { PeersMessage } from './peers/messages.ts';
import type { PresenceMessage } from './presence/messages.ts';
import type { PresenceEvent, PresenceTimer } from './presence/presence-machine.ts';
import type { RumourTimer } from './rumour/events.ts';
import type { SpreadMessage } from './spreading/messages.ts';
import type { SpreadingEvent, SpreadingToken } from './spreading/spreading.ts';
import type { ViewsEvent, ViewsTimer } from './views/events.ts';
import type { ViewsMessage } from './views/messages.ts';
import { type InnerEffect, none, type PartEffect, wire } from './wiring.ts';

type Take<Event> = (event: Event, now: number) => void;

/** Every part as a function of its events. */
export interface WiredParts {
  readonly peers: Take<PeersEvent>;
  readonly membership: Take<MembershipEvent>;
  readonly views: Take<ViewsEvent>;
  readonly outgoingMail: Take<OutgoingMailEvent>;
  readonly incomingMail: Take<IncomingMailEvent>;
  readonly spreading: Take<SpreadingEvent>;
  readonly exchange: Take<ExchangeEvent>;
  readonly documentServer: Take<ServeEvent>;
  readonly repair: Take<RepairEvent>;
  readonly responder: Take<ResponderEvent>;
  readonly presence: Take<PresenceEvent>;
  readonly contents: Take<ContentsEvent>;
}

/** Marks what each part sends, asks and sets as its own, and hands it to `emit`. */
export function wireParts(parts: Parts, emit: (effect: EngineEffect | InnerEffect) => void): WiredParts {
  return {
    peers: wire(
      (event: PeersEvent, now) => parts.peers.handle(event, now),
      {
        message: (message: PeersMessage) => ({ channel: 'peers', message }),
        token: (_: null) => ({ part: 'peers' }),
        timer: (timer: PeersTimer) => ({ part: 'peers', timer }),
      },
      emit,
    ),
    membership: wire(
      (event: MembershipEvent, now) => parts.membership.handle(event, now).map(asWish),
      {
        message: (message: MembershipMessage) => ({ channel: 'membership', message }),
        token: none,
        timer: (timer: MembershipTimer) => ({ part: 'membership', timer }),
      },
      emit,
    ),
    views: wire(
      (event: ViewsEvent, now) => parts.views.handle(event, now),
      {
        message: (message: ViewsMessage) => ({ channel: 'views', message }),
        token: none,
        timer: (timer: ViewsTimer) => ({ part: 'views', timer }),
      },
      emit,
    ),
    outgoingMail: wire(
      (event: OutgoingMailEvent, now) => parts.outgoingMail.handle(event, now),
      {
        message: mail,
        token: (token: OutgoingMailToken) => ({ part: 'outgoingMail', token }),
        timer: (_: null) => ({ part: 'outgoingMail' }),
      },
      emit,
    ),
    incomingMail: wire(
      (event: IncomingMailEvent, now) => parts.incomingMail.handle(event, now),
      {
        message: mail,
        token: (token: IncomingMailToken) => ({ part: 'incomingMail', token }),
        timer: none,
      },
      emit,
    ),
    spreading: wire(
      (event: SpreadingEvent, now) => parts.spreading.handle(event, now),
      {
        message: (message: SpreadMessage) => ({ channel: 'rumour', message }),
        token: (token: SpreadingToken) => ({ part: 'spreading', token }),
        timer: (timer: RumourTimer) => ({ part: 'spreading', timer }),
      },
      emit,
    ),
    exchange: wire(
      (event: ExchangeEvent, now) => parts.exchange.handle(event, now),
      {
        message: documents,
        token: (token: ExchangeToken) => ({ part: 'exchange', token }),
        timer: (batch: number) => ({ part: 'exchange', batch }),
      },
      emit,
    ),
    documentServer: wire(
      (event: ServeEvent, now) => parts.documentServer.handle(event, now),
      { message: documents, token: (token: ServeToken) => ({ part: 'documentServer', token }), timer: none },
      emit,
    ),
    repair: wire(
      (event: RepairEvent, now) => parts.repair.handle(event, now),
      {
        message: repair,
        token: (token: RepairToken) => ({ part: 'repair', token }),
        timer: (timer: RepairTimer) => ({ part: 'repair', timer }),
      },
      emit,
    ),
    responder: wire(
      (event: ResponderEvent, now) => parts.responder.handle(event, now),
      { message: repair, token: (token: ResponderToken) => ({ part: 'responder', token }), timer: none },
      emit,
    ),
    presence: wire(
      (event: PresenceEvent, now) => parts.presence.handle(event, now),
      {
        message: (message: PresenceMessage) => ({ channel: 'presence', message }),
        token: none,
        timer: (timer: PresenceTimer) => ({ part: 'presence', timer }),
      },
      emit,
    ),
    contents: wire(
      (event: ContentsEvent, now) => parts.contents.handle(event, now),
      {
        message: (message: ContentsMessage) => ({ channel: 'contents', message }),
        token: (token: ContentsToken) => ({ part: 'contents', token }),
        timer: (_: null) => ({ part: 'contents' }),
      },
      emit,
    ),
  };
}

function mail(message: MailMessage): EngineMessage {
  return { channel: 'mail', message };
}

function documents(message: DocumentsMessage): EngineMessage {
  return { channel: 'documents', message };
}

function repair(message: RepairRequest | RepairAnswer): EngineMessage {
  return { channel: 'repair', message };
}

/** Membership says whom it wants to talk to; which address is dialled when is decided by the part that keeps the links. */
function asWish(effect: MembershipEffect): PartEffect<MembershipMessage, never, MembershipTimer> {
  if (effect.type !== 'dial') return effect;
  return { type: 'wish', peer: effect.peer, addresses: effect.addresses };
}
