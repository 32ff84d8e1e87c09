import { limits } from '@hearsay/core';
import type { StoredMessage } from '../../../engine/documents/messages.ts';
import { packedKeys } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const stored: MessageDefinition<StoredMessage> = defineMessage<StoredMessage>('stored', 35, {
  batch: uint(),
  refused: packedKeys(limits.documentsPerMessage),
});
