import type { Random, ReplicaId } from '@hearsay/core';
import type { ReplicaIdentity } from '../ports.ts';
import { RepairMachine } from './anti-entropy/repair-machine.ts';
import { RepairResponder } from './anti-entropy/responder.ts';
import type { EngineConfig } from './config.ts';
import { ContentsMachine } from './contents/contents-machine.ts';
import { DocumentExchange } from './documents/document-exchange.ts';
import { DocumentServer } from './documents/document-server.ts';
import { IncomingMail } from './mail/incoming-mail.ts';
import { OutgoingMail } from './mail/outgoing-mail.ts';
import { createMembershipMachine, type MembershipMachine } from './membership/membership-machine.ts';
import type { MemberDescription } from './membership/messages.ts';
import { PartnerChoice } from './partners/partner-choice.ts';
import { createPeersMachine, type PeersMachine } from './peers/peers-machine.ts';
import { PresenceMachine } from './presence/presence-machine.ts';
import { createRumourMachine } from './rumour/rumour-machine.ts';
import { Spreading } from './spreading/spreading.ts';
import type { Topology } from './topology.ts';
import { createViewsMachine, type ViewsMachine } from './views/views-machine.ts';

export interface EngineDeps {
  readonly config: EngineConfig;
  readonly random: Random;
  readonly identity: ReplicaIdentity;
  /** 32 random bits drawn at this start of the process. */
  readonly session: number;
  /** What this node tells of itself. */
  readonly description: MemberDescription;
}

/** The machines an engine is made of; none of them knows another. */
export interface Parts {
  readonly peers: PeersMachine;
  readonly membership: MembershipMachine;
  readonly views: ViewsMachine;
  readonly outgoingMail: OutgoingMail;
  readonly incomingMail: IncomingMail;
  readonly spreading: Spreading;
  readonly exchange: DocumentExchange;
  readonly documentServer: DocumentServer;
  readonly partners: PartnerChoice;
  readonly repair: RepairMachine;
  readonly responder: RepairResponder;
  readonly presence: PresenceMachine;
  readonly contents: ContentsMachine;
}

/** Makes the parts. What one has to know of another it gets as a question it may ask. */
export function createParts(
  { config, random, identity, session, description }: EngineDeps,
  topology: Topology,
  linkedAt: (peer: ReplicaId) => number | undefined,
): Parts {
  const { replicaId: self, incarnation } = identity;
  const partners = new PartnerChoice({
    config: config.partners,
    random: random.fork('partners'),
    region: description.region,
  });
  const views = createViewsMachine({
    config: config.views,
    random: random.fork('views'),
    self: { replicaId: self, addresses: description.addresses },
  });
  const outgoingMail = new OutgoingMail({ config: config.mail, topology });
  const repair = new RepairMachine({
    config: config.antiEntropy,
    random: random.fork('repair'),
    self,
    topology,
    partners,
    outboxHead: () => outgoingMail.head,
    isMailResuming: (peer, now) =>
      outgoingMail.isResuming(peer) && now - (linkedAt(peer) ?? 0) < config.antiEntropy.mailWaitMs,
  });
  const rumourRandom = random.fork('rumour partners');
  const rumours = createRumourMachine({
    config: config.rumour,
    random: random.fork('rumour'),
    partners: { pick: () => rumourRandom.pick(views.active())?.replicaId },
  });
  return {
    peers: createPeersMachine({
      config: config.peers,
      random: random.fork('peers'),
      self,
      topology,
      isNeeded: (peer) =>
        repair.isRunning(peer) || views.active().some((contact) => contact.replicaId === peer),
    }),
    membership: createMembershipMachine({
      config: config.membership,
      random: random.fork('membership'),
      replicaId: self,
      incarnation,
      session,
      description,
      // Seeds are dialled by the part that keeps the links.
      seeds: [],
    }),
    views,
    outgoingMail,
    incomingMail: new IncomingMail(config.mail),
    spreading: new Spreading(config.spreading, rumours),
    exchange: new DocumentExchange(config.documents),
    documentServer: new DocumentServer(config.documents),
    partners,
    repair,
    responder: new RepairResponder(config.antiEntropy),
    presence: new PresenceMachine({ config: config.presence, self, topology }),
    contents: new ContentsMachine({
      config: config.contents,
      random: random.fork('contents'),
      topology,
    }),
  };
}
