import type { BusyMessage } from '../../../engine/anti-entropy/messages.ts';
import { uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const busy: MessageDefinition<BusyMessage> = defineMessage<BusyMessage>('busy', 19, {
  session: uint(),
});
