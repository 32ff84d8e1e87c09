import { decodeWalkQuestion, encodeWalkQuestion, type WalkQuestion } from '@hearsay/merkle';
import type { WalkMessage } from '../../../engine/anti-entropy/messages.ts';
import { collectionName, encoded } from '../../document-fields.ts';
import { type Field, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

const question: Field<WalkQuestion> = encoded('walkQuestion', encodeWalkQuestion, decodeWalkQuestion);

export const walk: MessageDefinition<WalkMessage> = defineMessage<WalkMessage>('walk', 27, {
  session: uint(),
  collection: collectionName,
  question,
});
