import { type ExchangeMessage, listParts } from '../../../engine/membership/messages.ts';
import { boolean, list, uint } from '../../field.ts';
import { memberClaims } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const exchange: MessageDefinition<ExchangeMessage> = defineMessage<ExchangeMessage>('exchange', 54, {
  parts: list(uint(listParts - 1), listParts),
  claims: memberClaims,
  reply: boolean,
});
