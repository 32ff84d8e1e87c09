import type { Contact, ContactsMessage } from '../../../engine/peers/messages.ts';
import { replicaId } from '../../document-fields.ts';
import { type Field, list, record, text, uint } from '../../field.ts';
import { defineMessage, type MessageDefinition } from '../../message-definition.ts';

/** Also the form in which contacts are remembered on disk. */
export const contact: Field<Contact> = record<Contact>({
  replicaId,
  incarnation: uint(),
  addresses: list(text(512), 8),
  region: text(128),
});

export const contacts: MessageDefinition<ContactsMessage> = defineMessage<ContactsMessage>('contacts', 8, {
  contacts: list(contact, 1024),
});
