import type { CompareMessage } from '../../../engine/anti-entropy/messages.ts';
import { digestField } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const compare: MessageDefinition<CompareMessage> = defineMessage<CompareMessage>('compare', 16, {
  session: uint(),
  root: digestField,
  head: uint(),
});
