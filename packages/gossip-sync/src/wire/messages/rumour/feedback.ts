import type { SpreadMessage } from '../../../engine/spreading/messages.ts';
import { word } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';
import { rumourOutcomes } from '../../rumour-fields.ts';

type Message = Extract<SpreadMessage, { readonly type: 'feedback' }>;

export const feedback: MessageDefinition<Message> = defineMessage<Message>('feedback', 66, {
  role: word(['push', 'pull']),
  outcomes: rumourOutcomes,
});
