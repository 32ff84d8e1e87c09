import { limits } from '@hearsay/core';
import type { PresenceState, StatesMessage } from '../../../engine/presence/messages.ts';
import { documentIdField, replicaId } from '../../document-fields.ts';
import { bytes, list, nullable, record, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

export const states: MessageDefinition<StatesMessage> = defineMessage<StatesMessage>('states', 40, {
  owner: replicaId,
  states: list(
    record<PresenceState>({
      id: documentIdField,
      client: uint(),
      clock: uint(),
      state: nullable(bytes(limits.awarenessStateBytes)),
    }),
    limits.awarenessEntries,
  ),
});
