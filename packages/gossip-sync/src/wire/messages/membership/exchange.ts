import type { ExchangeMessage } from '../../../engine/membership/messages.ts';
import { boolean } from '../../field.ts';
import { memberClaims } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const exchange: MessageDefinition<ExchangeMessage> = defineMessage<ExchangeMessage>('exchange', 54, {
  claims: memberClaims,
  reply: boolean,
});
