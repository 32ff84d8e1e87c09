import type { SettledMessage } from '../../../engine/anti-entropy/messages.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const settled: MessageDefinition<SettledMessage> = defineMessage<SettledMessage>('settled', 24, {
  session: uint(),
  cursor: uint(),
});
