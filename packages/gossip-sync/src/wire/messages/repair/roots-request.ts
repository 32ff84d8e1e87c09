import type { RootsRequestMessage } from '../../../engine/anti-entropy/messages.ts';
import { collectionName } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const rootsRequest: MessageDefinition<RootsRequestMessage> = defineMessage<RootsRequestMessage>(
  'rootsRequest',
  25,
  {
    session: uint(),
    after: collectionName,
  },
);
