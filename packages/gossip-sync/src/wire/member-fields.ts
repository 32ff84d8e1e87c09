import type { MemberClaim, MemberDescription } from '../engine/membership/messages.ts';
import type { PeerContact } from '../engine/views/messages.ts';
import { replicaId } from './document-fields.ts';
import { type Field, list, nullable, record, text, uint, word } from './field.ts';

/** Best first. */
export const addressList: Field<readonly string[]> = list(text(512), 8);

const description: Field<MemberDescription> = record<MemberDescription>({
  addresses: addressList,
  region: text(128),
  capabilities: list(text(64), 32),
});

const memberClaim: Field<MemberClaim> = record<MemberClaim>({
  replicaId,
  session: uint(0xffffffff),
  status: word(['alive', 'suspect', 'dead', 'left']),
  incarnation: uint(),
  revision: uint(),
  by: nullable(replicaId),
  description: nullable(description),
});

/** As many as a cluster may have members. Also the form in which they are remembered on disk. */
export const memberClaims: Field<readonly MemberClaim[]> = list(memberClaim, 65_536);

export const peerContact: Field<PeerContact> = record<PeerContact>({ replicaId, addresses: addressList });

export const peerContacts: Field<readonly PeerContact[]> = list(peerContact, 256);
