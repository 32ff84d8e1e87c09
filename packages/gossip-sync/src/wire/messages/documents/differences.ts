import { limits } from '@hearsay/core';
import type { DifferenceItem, DifferencesMessage } from '../../../engine/documents/messages.ts';
import { documentChanges, documentDescription, documentKeyField, packedKeys } from '../../document-fields.ts';
import { boolean, list, nullable, record, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const differences: MessageDefinition<DifferencesMessage> = defineMessage<DifferencesMessage>(
  'differences',
  33,
  {
    batch: uint(),
    items: list(
      record<DifferenceItem>({
        key: documentKeyField,
        changes: documentChanges,
        partial: boolean,
        wanted: nullable(documentDescription),
      }),
      limits.documentsPerMessage,
    ),
    unanswered: packedKeys(limits.documentsPerMessage),
  },
);
