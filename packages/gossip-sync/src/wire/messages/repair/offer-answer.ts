import { limits } from '@hearsay/core';
import type { OfferAnswerMessage } from '../../../engine/anti-entropy/messages.ts';
import { packedKeys } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const offerAnswer: MessageDefinition<OfferAnswerMessage> = defineMessage<OfferAnswerMessage>(
  'offerAnswer',
  23,
  {
    session: uint(),
    differing: packedKeys(limits.documentsPerMessage),
  },
);
