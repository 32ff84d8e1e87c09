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
export { defaultPartnerConfig, type PartnerConfig, partnerSettings } from './engine/partners/config.ts';
export {
  PartnerChoice,
  type PartnerChoiceDeps,
  type PartnerFacts,
} from './engine/partners/partner-choice.ts';
export type { PartnerSource } from './engine/partners/partner-source.ts';
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
export type { LinkDirection, LinkId, Transport, TransportListener } from './ports.ts';
