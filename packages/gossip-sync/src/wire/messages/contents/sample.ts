import { limits } from '@hearsay/core';
import type { SampleMessage } from '../../../engine/contents/messages.ts';
import type { ContentEntry } from '../../../ports.ts';
import { digestField, documentKeyField } from '../../document-fields.ts';
import { list, record } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

const entry = record<ContentEntry>({ key: documentKeyField, version: digestField, content: digestField });

export const sample: MessageDefinition<SampleMessage> = defineMessage<SampleMessage>(
  'sample',
  70,
  { entries: list(entry, limits.documentsPerMessage) },
  { optional: true },
);
