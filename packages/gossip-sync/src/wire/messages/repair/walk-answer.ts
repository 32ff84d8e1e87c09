import { decodeWalkAnswer, encodeWalkAnswer, type WalkAnswer } from '@hearsay/merkle';
import type { WalkAnswerMessage } from '../../../engine/anti-entropy/messages.ts';
import { collectionName, encoded } from '../../document-fields.ts';
import { type Field, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

const answer: Field<WalkAnswer> = encoded('walkAnswer', encodeWalkAnswer, decodeWalkAnswer);

export const walkAnswer: MessageDefinition<WalkAnswerMessage> = defineMessage<WalkAnswerMessage>(
  'walkAnswer',
  28,
  {
    session: uint(),
    collection: collectionName,
    answer,
  },
);
