import type { SpreadMessage } from '../../../engine/spreading/messages.ts';
import { documentChanges } from '../../document-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';
import { rumourIds } from '../../rumour-fields.ts';

type Message = Extract<SpreadMessage, { readonly type: 'payload' }>;

export const payload: MessageDefinition<Message> = defineMessage<Message>('payload', 68, {
  ids: rumourIds,
  payloads: documentChanges,
});
