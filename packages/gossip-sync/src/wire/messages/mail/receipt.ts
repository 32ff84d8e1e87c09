import type { ReceiptMessage } from '../../../engine/mail/messages.ts';
import { list, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const receipt: MessageDefinition<ReceiptMessage> = defineMessage<ReceiptMessage>('receipt', 13, {
  through: uint(),
  except: list(uint(), 1024),
  unsure: uint(),
});
