import type { ShuffleAnswerMessage } from '../../../engine/views/messages.ts';
import { replicaId } from '../../document-fields.ts';
import { list } from '../../field.ts';
import { peerContacts } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const shuffleAnswer: MessageDefinition<ShuffleAnswerMessage> = defineMessage<ShuffleAnswerMessage>(
  'shuffleAnswer',
  62,
  {
    path: list(replicaId, 64),
    peers: peerContacts,
  },
);
