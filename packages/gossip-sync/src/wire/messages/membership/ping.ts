import type { PingMessage } from '../../../engine/membership/messages.ts';
import { uint } from '../../field.ts';
import { memberClaims } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const ping: MessageDefinition<PingMessage> = defineMessage<PingMessage>('ping', 48, {
  sequence: uint(),
  claims: memberClaims,
});
