import type { NeighbourAnswerMessage } from '../../../engine/views/messages.ts';
import { boolean } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const neighbourAnswer: MessageDefinition<NeighbourAnswerMessage> =
  defineMessage<NeighbourAnswerMessage>('neighbourAnswer', 59, {
    accepted: boolean,
  });
