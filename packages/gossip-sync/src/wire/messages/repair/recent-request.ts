import { limits } from '@hearsay/core';
import type { RecentRequestMessage } from '../../../engine/anti-entropy/messages.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const recentRequest: MessageDefinition<RecentRequestMessage> = defineMessage<RecentRequestMessage>(
  'recentRequest',
  20,
  {
    session: uint(),
    after: uint(),
    maxEntries: uint(limits.documentsPerMessage),
  },
);
