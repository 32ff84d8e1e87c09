import type { MembershipGossipMessage } from '../../../engine/membership/messages.ts';
import { memberClaims } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const membershipGossip: MessageDefinition<MembershipGossipMessage> =
  defineMessage<MembershipGossipMessage>('gossip', 52, {
    claims: memberClaims,
  });
