import { limits } from '@hearsay/core';
import type { OfferMessage } from '../../../engine/anti-entropy/messages.ts';
import { packedEntries } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const offer: MessageDefinition<OfferMessage> = defineMessage<OfferMessage>('offer', 22, {
  session: uint(),
  entries: packedEntries(limits.documentsPerMessage),
});
