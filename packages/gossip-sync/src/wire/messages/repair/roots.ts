import type { RootsMessage } from '../../../engine/anti-entropy/messages.ts';
import type { CollectionRoot } from '../../../ports.ts';
import { collectionName, digestField } from '../../document-fields.ts';
import { boolean, list, record, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const roots: MessageDefinition<RootsMessage> = defineMessage<RootsMessage>('roots', 26, {
  session: uint(),
  roots: list(
    record<CollectionRoot>({ collection: collectionName, count: uint(), digest: digestField }),
    4096,
  ),
  complete: boolean,
});
