import type { AckMessage } from '../../../engine/membership/messages.ts';
import { uint } from '../../field.ts';
import { memberClaims } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const ack: MessageDefinition<AckMessage> = defineMessage<AckMessage>('ack', 49, {
  sequence: uint(),
  claims: memberClaims,
});
