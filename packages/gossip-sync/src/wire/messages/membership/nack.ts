import type { NackMessage } from '../../../engine/membership/messages.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const nack: MessageDefinition<NackMessage> = defineMessage<NackMessage>('nack', 51, {
  sequence: uint(),
});
