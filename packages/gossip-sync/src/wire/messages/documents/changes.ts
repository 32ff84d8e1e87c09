import type { ChangesMessage } from '../../../engine/documents/messages.ts';
import { documentChanges } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const changes: MessageDefinition<ChangesMessage> = defineMessage<ChangesMessage>('changes', 34, {
  batch: uint(),
  changes: documentChanges,
});
