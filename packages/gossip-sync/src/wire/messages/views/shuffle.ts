import type { ShuffleMessage } from '../../../engine/views/messages.ts';
import { replicaId } from '../../document-fields.ts';
import { list, uint } from '../../field.ts';
import { peerContact, peerContacts } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const shuffle: MessageDefinition<ShuffleMessage> = defineMessage<ShuffleMessage>('shuffle', 61, {
  origin: peerContact,
  hops: uint(64),
  path: list(replicaId, 64),
  peers: peerContacts,
});
