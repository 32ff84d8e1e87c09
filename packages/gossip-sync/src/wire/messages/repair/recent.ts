import { limits } from '@hearsay/core';
import type { RecentMessage } from '../../../engine/anti-entropy/messages.ts';
import { packedEntries } from '../../document-fields.ts';
import { boolean, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const recent: MessageDefinition<RecentMessage> = defineMessage<RecentMessage>('recent', 21, {
  session: uint(),
  entries: packedEntries(limits.documentsPerMessage),
  cursor: uint(),
  complete: boolean,
});
