import type { HelloMessage } from '../../../handshake/messages.ts';
import { replicaId } from '../../document-fields.ts';
import { hex, list, text, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const hello: MessageDefinition<HelloMessage> = defineMessage<HelloMessage>('hello', 1, {
  version: uint(65_535),
  oldestVersion: uint(65_535),
  cluster: text(256),
  replicaId,
  incarnation: uint(),
  session: uint(0xffffffff),
  nonce: hex(16),
  addresses: list(text(512), 8),
  region: text(128),
  capabilities: list(text(64), 32),
});
