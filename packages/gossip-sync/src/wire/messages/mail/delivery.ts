import type { DeliveryMessage, MailEntry } from '../../../engine/mail/messages.ts';
import { documentChange } from '../../document-fields.ts';
import { list, record, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const delivery: MessageDefinition<DeliveryMessage> = defineMessage<DeliveryMessage>('delivery', 12, {
  number: uint(),
  through: uint(),
  entries: list(record<MailEntry>({ sequence: uint(), change: documentChange }), 4096),
});
