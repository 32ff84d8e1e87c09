import type { NeighbourMessage } from '../../../engine/views/messages.ts';
import { word } from '../../field.ts';
import { peerContact } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const neighbour: MessageDefinition<NeighbourMessage> = defineMessage<NeighbourMessage>(
  'neighbour',
  58,
  {
    contact: peerContact,
    priority: word(['high', 'low']),
  },
);
