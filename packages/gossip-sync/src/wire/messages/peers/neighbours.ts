import type { NeighboursMessage } from '../../../engine/peers/messages.ts';
import { replicaId } from '../../document-fields.ts';
import { list } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const neighbours: MessageDefinition<NeighboursMessage> = defineMessage<NeighboursMessage>(
  'neighbours',
  9,
  {
    linked: list(replicaId, 1024),
  },
);
