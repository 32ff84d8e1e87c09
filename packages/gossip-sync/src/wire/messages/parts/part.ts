import { boolean, bytes, word } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';
import { maxPartBytes, type PartMessage } from '../../part-message.ts';

export const part: MessageDefinition<PartMessage> = defineMessage<PartMessage>('part', 3, {
  lane: word(['news', 'bulk']),
  isLast: boolean,
  bytes: bytes(maxPartBytes),
});
