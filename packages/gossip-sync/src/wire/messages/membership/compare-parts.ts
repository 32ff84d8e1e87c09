import { type ComparePartsMessage, listParts } from '../../../engine/membership/messages.ts';
import { hex, list } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const compareParts: MessageDefinition<ComparePartsMessage> = defineMessage<ComparePartsMessage>(
  'compareParts',
  55,
  {
    digests: list(hex(16), listParts),
  },
);
