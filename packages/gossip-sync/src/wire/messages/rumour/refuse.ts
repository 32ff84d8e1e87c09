import type { SpreadMessage } from '../../../engine/spreading/messages.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

type Message = Extract<SpreadMessage, { readonly type: 'refuse' }>;

export const refuse: MessageDefinition<Message> = defineMessage<Message>('refuse', 69, {
  conversation: uint(),
});
