import type { SpreadMessage } from '../../../engine/spreading/messages.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';
import { rumourIds } from '../../rumour-fields.ts';

type Message = Extract<SpreadMessage, { readonly type: 'request' }>;

export const request: MessageDefinition<Message> = defineMessage<Message>('request', 67, {
  ids: rumourIds,
});
