import type { SpreadMessage } from '../../../engine/spreading/messages.ts';
import { documentChanges } from '../../document-fields.ts';
import { boolean, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';
import { rumourMarks } from '../../rumour-fields.ts';

type Message = Extract<SpreadMessage, { readonly type: 'gossip' }>;

export const rumourGossip: MessageDefinition<Message> = defineMessage<Message>('gossip', 64, {
  conversation: uint(),
  carried: rumourMarks,
  announced: rumourMarks,
  pull: boolean,
  feedback: boolean,
  payloads: documentChanges,
});
