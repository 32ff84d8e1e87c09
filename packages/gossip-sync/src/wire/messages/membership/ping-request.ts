import type { PingRequestMessage } from '../../../engine/membership/messages.ts';
import { replicaId } from '../../document-fields.ts';
import { uint } from '../../field.ts';
import { memberClaims } from '../../member-fields.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const pingRequest: MessageDefinition<PingRequestMessage> = defineMessage<PingRequestMessage>(
  'pingRequest',
  50,
  {
    sequence: uint(),
    target: replicaId,
    claims: memberClaims,
  },
);
