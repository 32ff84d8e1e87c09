import { limits } from '@hearsay/core';
import type { DescribeMessage } from '../../../engine/documents/messages.ts';
import { documentDescription } from '../../document-fields.ts';
import { list, uint, word } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const describe: MessageDefinition<DescribeMessage> = defineMessage<DescribeMessage>('describe', 32, {
  batch: uint(),
  mode: word(['push', 'pull', 'push-pull']),
  descriptions: list(documentDescription, limits.documentsPerMessage),
});
