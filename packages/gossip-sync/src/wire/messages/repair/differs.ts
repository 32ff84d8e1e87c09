import type { DiffersMessage } from '../../../engine/anti-entropy/messages.ts';
import { digestField } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const differs: MessageDefinition<DiffersMessage> = defineMessage<DiffersMessage>('differs', 18, {
  session: uint(),
  root: digestField,
  head: uint(),
  count: uint(),
  cursor: uint(),
});
