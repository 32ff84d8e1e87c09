import type { RememberedContact } from '../engine/peers/messages.ts';
import { replicaId } from '../wire/document-fields.ts';
import { type Field, list, record, text, uint } from '../wire/field.ts';
import { packValue, unpackValue } from '../wire/value.ts';

/** Name of the store's record that holds them. */
export const contactsRecord = 'peers';

const remembered: Field<readonly RememberedContact[]> = list(
  record<RememberedContact>({
    replicaId,
    incarnation: uint(),
    addresses: list(text(512), 8),
    region: text(128),
    seen: uint(),
  }),
  65_536,
);

export function encodeContacts(contacts: readonly RememberedContact[]): Uint8Array {
  return packValue(remembered, contacts);
}

/** None for a record that another version wrote: seeds and peers will tell. */
export function decodeContacts(bytes: Uint8Array | undefined): readonly RememberedContact[] {
  if (bytes === undefined) return [];
  const decoded = unpackValue(remembered, bytes);
  return decoded.ok ? decoded.value : [];
}
