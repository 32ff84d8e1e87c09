import { limits } from '@hearsay/core';
import type { ConflictsMessage } from '../../../engine/contents/messages.ts';
import { packedKeys } from '../../document-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const conflicts: MessageDefinition<ConflictsMessage> = defineMessage<ConflictsMessage>(
  'conflicts',
  71,
  { keys: packedKeys(limits.documentsPerMessage) },
  { optional: true },
);
