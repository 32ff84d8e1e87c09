export type { CommittedChange } from './driver/committed-change.ts';
export { createGossipNode, type GossipNode } from './driver/gossip-node.ts';
export type { LinkStatus } from './driver/link.ts';
export type { GossipListeners, GossipNodeDeps, GossipOptions } from './driver/node-deps.ts';
export type { LinkEvent, NodeEvent } from './driver/node-events.ts';
export type { NodeStatus, PeerStatus } from './driver/node-status.ts';
export { defaultRepairConfig, type RepairConfig, repairSettings } from './engine/anti-entropy/config.ts';
export type { RepairNotice } from './engine/anti-entropy/events.ts';
export type { RepairOutcome } from './engine/anti-entropy/session.ts';
export { type EngineConfig, type EngineOptions, engineConfig } from './engine/config.ts';
export {
  type DocumentsConfig,
  defaultDocumentsConfig,
  documentsSettings,
} from './engine/documents/config.ts';
export type { ExchangeMode } from './engine/documents/messages.ts';
export { createEngine, type Engine } from './engine/engine.ts';
export type {
  EngineEffect,
  EngineEvent,
  EngineMessage,
  EngineNotice,
  EngineTimer,
  EngineToken,
} from './engine/events.ts';
export { defaultMailConfig, type MailConfig, mailSettings } from './engine/mail/config.ts';
export {
  defaultMembershipConfig,
  type MembershipConfig,
  membershipSettings,
  withoutLifeguard,
} from './engine/membership/config.ts';
export type {
  MembershipEffect,
  MembershipEvent,
  MembershipNotice,
  MembershipTimer,
} from './engine/membership/events.ts';
export { compareVersions, isDialOnly, isLive, type Member } from './engine/membership/member.ts';
export {
  createMembershipMachine,
  type MembershipDeps,
  type MembershipMachine,
} from './engine/membership/membership-machine.ts';
export type {
  AckMessage,
  Capability,
  CompareMessage,
  ExchangeMessage,
  MemberClaim,
  MemberDescription,
  MemberStatus,
  MembershipGossipMessage,
  MembershipMessage,
  MemberVersion,
  NackMessage,
  PingMessage,
  PingRequestMessage,
} from './engine/membership/messages.ts';
export type { Counters } from './engine/metrics.ts';
export { defaultPartnerConfig, type PartnerConfig, partnerSettings } from './engine/partners/config.ts';
export {
  PartnerChoice,
  type PartnerChoiceDeps,
  type PartnerFacts,
} from './engine/partners/partner-choice.ts';
export type { PartnerSource } from './engine/partners/partner-source.ts';
export type { EngineDeps } from './engine/parts.ts';
export { defaultPeersConfig, type PeersConfig, peersSettings } from './engine/peers/config.ts';
export { defaultPresenceConfig, type PresenceConfig, presenceSettings } from './engine/presence/config.ts';
export type { PresenceState } from './engine/presence/messages.ts';
export { defaultRumourConfig, type RumourConfig, rumourSettings } from './engine/rumour/config.ts';
export type {
  RumourEffect,
  RumourEvent,
  RumourNotice,
  RumourTimer,
  StoredRumour,
} from './engine/rumour/events.ts';
export type {
  Rumour,
  RumourAnswerMessage,
  RumourFeedbackMessage,
  RumourGossipMessage,
  RumourId,
  RumourMark,
  RumourMessage,
  RumourOutcome,
  RumourPayloadMessage,
  RumourRefuseMessage,
  RumourRequestMessage,
  RumourRole,
} from './engine/rumour/messages.ts';
export { createRumourMachine, type RumourDeps, type RumourMachine } from './engine/rumour/rumour-machine.ts';
export { defaultsOf, type Setting, type Settings } from './engine/settings.ts';
export {
  defaultSpreadingConfig,
  type SpreadingConfig,
  spreadingSettings,
} from './engine/spreading/config.ts';
export type { EnginePeerStatus, EngineStatus, EngineSummary } from './engine/status.ts';
export { readTunables, type Tunable, takes, tunables } from './engine/tunables.ts';
export {
  activeViewSize,
  defaultViewsConfig,
  type ViewsConfig,
  viewsSettings,
} from './engine/views/config.ts';
export type { ViewsEffect, ViewsEvent, ViewsNotice, ViewsTimer } from './engine/views/events.ts';
export type {
  DisconnectMessage,
  ForwardJoinMessage,
  JoinMessage,
  NeighbourAnswerMessage,
  NeighbourMessage,
  PeerContact,
  ShuffleAnswerMessage,
  ShuffleMessage,
  ViewsMessage,
} from './engine/views/messages.ts';
export { createViewsMachine, type ViewsDeps, type ViewsMachine } from './engine/views/views-machine.ts';
export {
  type Admission,
  createGuestAuthenticator,
  createHostAuthenticator,
  type GuestAuthenticatorDeps,
  guestCluster,
  guestPath,
  guestSubprotocol,
  type HostAuthenticatorDeps,
} from './guest/authenticators.ts';
export { covers, type Interest, type InterestError, isWithin, toInterest } from './guest/interest.ts';
export type { GuestRequest, Welcome } from './guest/welcome.ts';
export type {
  Authenticator,
  CollectionRoot,
  DeathCertificate,
  DocumentChange,
  DocumentDescription,
  DocumentDifference,
  LinkDirection,
  LinkId,
  OutboxEntry,
  OutboxPage,
  ProofRefusal,
  ReceiveError,
  ReceiveOutcome,
  RecentPage,
  Replica,
  ReplicaIdentity,
  Transport,
  TransportListener,
} from './ports.ts';
export { type CloseCode, closeCodes, isPermanent } from './wire/close-codes.ts';
export { decodeFrame, encodeFrame, type FrameError } from './wire/frame.ts';
export { type Channel, messageTable, type PeerMessage } from './wire/message-table.ts';
export { oldestProtocolVersion, protocolHistory, protocolVersion } from './wire/protocol-version.ts';
