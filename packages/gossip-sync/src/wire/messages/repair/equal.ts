import type { EqualMessage } from '../../../engine/anti-entropy/messages.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const equal: MessageDefinition<EqualMessage> = defineMessage<EqualMessage>('equal', 17, {
  session: uint(),
  head: uint(),
});
