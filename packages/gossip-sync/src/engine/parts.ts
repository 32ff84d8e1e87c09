import type { Random, ReplicaId } from '@hearsay/core';
import type { ReplicaIdentity } from '../ports.ts';
import { RepairMachine } from './anti-entropy/repair-machine.ts';
import { RepairResponder } from './anti-entropy/responder.ts';
import type { EngineConfig } from './config.ts';
import { DocumentExchange } from './documents/document-exchange.ts';
import { DocumentServer } from './documents/document-server.ts';
import { IncomingMail } from './mail/incoming-mail.ts';
import { OutgoingMail } from './mail/outgoing-mail.ts';
import { PartnerChoice } from './partners/partner-choice.ts';
import { createPeersMachine, type PeersMachine } from './peers/peers-machine.ts';
import { PresenceMachine } from './presence/presence-machine.ts';
import type { Topology } from './topology.ts';

export interface EngineDeps {
  readonly config: EngineConfig;
  readonly random: Random;
  readonly identity: ReplicaIdentity;
}

/** The machines an engine is made of; none of them knows another. */
export interface Parts {
  readonly peers: PeersMachine;
  readonly outgoingMail: OutgoingMail;
  readonly incomingMail: IncomingMail;
  readonly exchange: DocumentExchange;
  readonly documentServer: DocumentServer;
  readonly partners: PartnerChoice;
  readonly repair: RepairMachine;
  readonly responder: RepairResponder;
  readonly presence: PresenceMachine;
}

/** Makes the parts. What one has to know of another it gets as a question it may ask. */
export function createParts(
  { config, random, identity }: EngineDeps,
  topology: Topology,
  linkedAt: (peer: ReplicaId) => number | undefined,
): Parts {
  const self = identity.replicaId;
  const { region } = config;
  const partners = new PartnerChoice({ config: config.partners, random: random.fork('partners'), region });
  const outgoingMail = new OutgoingMail({ config: config.mail, topology });
  const { mailWaitMs } = config.antiEntropy;
  const isMailResuming = (peer: ReplicaId, now: number): boolean =>
    outgoingMail.isResuming(peer) && now - (linkedAt(peer) ?? 0) < mailWaitMs;
  return {
    peers: createPeersMachine({ config: config.peers, random: random.fork('peers'), self, topology }),
    outgoingMail,
    incomingMail: new IncomingMail(config.mail),
    exchange: new DocumentExchange(config.documents),
    documentServer: new DocumentServer(config.documents),
    partners,
    repair: new RepairMachine({
      config: config.antiEntropy,
      random: random.fork('repair'),
      self,
      topology,
      partners,
      isMailResuming,
    }),
    responder: new RepairResponder(config.antiEntropy),
    presence: new PresenceMachine({ config: config.presence, self, topology }),
  };
}
