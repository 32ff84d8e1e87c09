import type { CompareMessage } from '../../../engine/membership/messages.ts';
import { hex } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const membershipCompare: MessageDefinition<CompareMessage> = defineMessage<CompareMessage>(
  'compare',
  53,
  {
    digest: hex(16),
  },
);
