import type { DisconnectMessage } from '../../../engine/views/messages.ts';
import { boolean } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const disconnect: MessageDefinition<DisconnectMessage> = defineMessage<DisconnectMessage>(
  'disconnect',
  60,
  {
    leaving: boolean,
  },
);
