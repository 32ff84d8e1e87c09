import { limits } from '@hearsay/core';
import type { ProofMessage } from '../../../handshake/messages.ts';
import { text } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const proof: MessageDefinition<ProofMessage> = defineMessage<ProofMessage>('proof', 2, {
  token: text(limits.peerProofBytes),
});
