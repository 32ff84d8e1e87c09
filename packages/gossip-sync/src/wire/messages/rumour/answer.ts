import type { SpreadMessage } from '../../../engine/spreading/messages.ts';
import { documentChanges } from '../../document-fields.ts';
import { boolean } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';
import { rumourMarks } from '../../rumour-fields.ts';

type Message = Extract<SpreadMessage, { readonly type: 'answer' }>;

export const answer: MessageDefinition<Message> = defineMessage<Message>('answer', 65, {
  carried: rumourMarks,
  announced: rumourMarks,
  feedback: boolean,
  payloads: documentChanges,
});
