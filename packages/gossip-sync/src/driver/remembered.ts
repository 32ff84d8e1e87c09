import type { MemberClaim } from '../engine/membership/messages.ts';
import type { RememberedContact } from '../engine/peers/messages.ts';
import { replicaId } from '../wire/document-fields.ts';
import { type Field, list, record, text, uint } from '../wire/field.ts';
import { addressList, memberClaims } from '../wire/member-fields.ts';
import { packValue, unpackValue } from '../wire/value.ts';

/** Names of the store's records that hold them. */
export const contactsRecord = 'contacts';
export const membersRecord = 'members';

const contacts: Field<readonly RememberedContact[]> = list(
  record<RememberedContact>({
    replicaId,
    incarnation: uint(),
    addresses: addressList,
    region: text(128),
    seen: uint(),
  }),
  65_536,
);

export function encodeContacts(remembered: readonly RememberedContact[]): Uint8Array {
  return packValue(contacts, remembered).slice();
}

export function encodeMembers(claims: readonly MemberClaim[]): Uint8Array {
  return packValue(memberClaims, claims).slice();
}

export function decodeContacts(bytes: Uint8Array | undefined): readonly RememberedContact[] {
  return decodeOrNone(contacts, bytes);
}

export function decodeMembers(bytes: Uint8Array | undefined): readonly MemberClaim[] {
  return decodeOrNone(memberClaims, bytes);
}

/** None for a record that another version wrote: seeds and peers will tell. */
function decodeOrNone<T>(field: Field<readonly T[]>, bytes: Uint8Array | undefined): readonly T[] {
  if (bytes === undefined) return [];
  const decoded = unpackValue(field, bytes);
  return decoded.ok ? decoded.value : [];
}
