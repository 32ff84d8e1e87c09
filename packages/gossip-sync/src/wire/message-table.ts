import type { RepairMessage } from '../engine/anti-entropy/messages.ts';
import type { ContentsMessage } from '../engine/contents/messages.ts';
import type { DocumentsMessage } from '../engine/documents/messages.ts';
import type { MailMessage } from '../engine/mail/messages.ts';
import type { MembershipMessage } from '../engine/membership/messages.ts';
import type { PeersMessage } from '../engine/peers/messages.ts';
import type { PresenceMessage } from '../engine/presence/messages.ts';
import type { SpreadMessage } from '../engine/spreading/messages.ts';
import type { ViewsMessage } from '../engine/views/messages.ts';
import type { HandshakeMessage } from '../handshake/messages.ts';
import type { MessageDefinition } from './message-definition.ts';
import { conflicts } from './messages/contents/conflicts.ts';
import { sample } from './messages/contents/sample.ts';
import { changes } from './messages/documents/changes.ts';
import { describe } from './messages/documents/describe.ts';
import { differences } from './messages/documents/differences.ts';
import { stored } from './messages/documents/stored.ts';
import { hello } from './messages/handshake/hello.ts';
import { proof } from './messages/handshake/proof.ts';
import { delivery } from './messages/mail/delivery.ts';
import { receipt } from './messages/mail/receipt.ts';
import { ack } from './messages/membership/ack.ts';
import { membershipCompare } from './messages/membership/compare.ts';
import { compareParts } from './messages/membership/compare-parts.ts';
import { exchange } from './messages/membership/exchange.ts';
import { membershipGossip } from './messages/membership/gossip.ts';
import { nack } from './messages/membership/nack.ts';
import { ping } from './messages/membership/ping.ts';
import { pingRequest } from './messages/membership/ping-request.ts';
import { part } from './messages/parts/part.ts';
import { neighbours } from './messages/peers/neighbours.ts';
import { states } from './messages/presence/states.ts';
import { busy } from './messages/repair/busy.ts';
import { compare } from './messages/repair/compare.ts';
import { differs } from './messages/repair/differs.ts';
import { equal } from './messages/repair/equal.ts';
import { offer } from './messages/repair/offer.ts';
import { offerAnswer } from './messages/repair/offer-answer.ts';
import { recent } from './messages/repair/recent.ts';
import { recentRequest } from './messages/repair/recent-request.ts';
import { roots } from './messages/repair/roots.ts';
import { rootsRequest } from './messages/repair/roots-request.ts';
import { settled } from './messages/repair/settled.ts';
import { walk } from './messages/repair/walk.ts';
import { walkAnswer } from './messages/repair/walk-answer.ts';
import { answer } from './messages/rumour/answer.ts';
import { feedback } from './messages/rumour/feedback.ts';
import { rumourGossip } from './messages/rumour/gossip.ts';
import { payload } from './messages/rumour/payload.ts';
import { refuse } from './messages/rumour/refuse.ts';
import { request } from './messages/rumour/request.ts';
import { disconnect } from './messages/views/disconnect.ts';
import { forwardJoin } from './messages/views/forward-join.ts';
import { join } from './messages/views/join.ts';
import { neighbour } from './messages/views/neighbour.ts';
import { neighbourAnswer } from './messages/views/neighbour-answer.ts';
import { shuffle } from './messages/views/shuffle.ts';
import { shuffleAnswer } from './messages/views/shuffle-answer.ts';

import type { PartMessage } from './part-message.ts';

/** The messages of every part of the protocol, by the part that handles them. */
export interface Channels {
  readonly handshake: HandshakeMessage;
  readonly peers: PeersMessage;
  readonly mail: MailMessage;
  readonly repair: RepairMessage;
  readonly documents: DocumentsMessage;
  readonly presence: PresenceMessage;
  readonly membership: MembershipMessage;
  readonly views: ViewsMessage;
  readonly rumour: SpreadMessage;
  readonly contents: ContentsMessage;
  readonly parts: PartMessage;
}

export type Channel = keyof Channels;

/** A message with the part it belongs to: what a frame holds. */
export type PeerMessage = {
  readonly [Name in Channel]: { readonly channel: Name; readonly message: Channels[Name] };
}[Channel];

type Definitions<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: MessageDefinition<Extract<Message, { readonly type: Type }>>;
};

/** Every message there is; all that encodes, decodes, documents or pins them reads it here. */
export const messageTable: { readonly [Name in Channel]: Definitions<Channels[Name]> } = {
  handshake: { hello, proof },
  peers: { neighbours },
  mail: { delivery, receipt },
  repair: {
    compare,
    equal,
    differs,
    busy,
    recentRequest,
    recent,
    offer,
    offerAnswer,
    settled,
    rootsRequest,
    roots,
    walk,
    walkAnswer,
  },
  documents: { describe, differences, changes, stored },
  presence: { states },
  membership: {
    ping,
    ack,
    pingRequest,
    nack,
    gossip: membershipGossip,
    compare: membershipCompare,
    compareParts,
    exchange,
  },
  views: { join, forwardJoin, neighbour, neighbourAnswer, disconnect, shuffle, shuffleAnswer },
  rumour: { gossip: rumourGossip, answer, feedback, request, payload, refuse },
  contents: { sample, conflicts },
  parts: { part },
};
