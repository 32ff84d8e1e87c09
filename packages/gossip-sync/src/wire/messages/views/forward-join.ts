import type { ForwardJoinMessage } from '../../../engine/views/messages.ts';
import { uint } from '../../field.ts';
import { peerContact } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const forwardJoin: MessageDefinition<ForwardJoinMessage> = defineMessage<ForwardJoinMessage>(
  'forwardJoin',
  57,
  {
    joiner: peerContact,
    hops: uint(64),
  },
);
