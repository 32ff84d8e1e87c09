import type { JoinMessage } from '../../../engine/views/messages.ts';
import { peerContact } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const join: MessageDefinition<JoinMessage> = defineMessage<JoinMessage>('join', 56, {
  contact: peerContact,
});
