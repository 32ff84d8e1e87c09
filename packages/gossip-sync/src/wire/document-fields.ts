import {
  type DecodeError,
  type Digest,
  type DocumentId,
  type DocumentKey,
  emptyDigest,
  failDecode,
  fromHex,
  limits,
  type ReplicaId,
  type Result,
  toHex,
} from '@hearsay/core';
import type { DeathCertificate, DocumentChange, DocumentDescription, RecentPage } from '../ports.ts';
import { bytes, type Field, hex, later, list, nullable, record, text, uint, variant } from './field.ts';

export const replicaId: Field<ReplicaId> = hex<ReplicaId>(16);
export const documentKeyField: Field<DocumentKey> = hex<DocumentKey>(16);
export const digestField: Field<Digest> = hex<Digest>(16);
const lifeField: Field<number> = uint();
export const collectionName: Field<string> = text(limits.collectionNameBytes);
/** Bounded by its message. */
const payload: Field<Uint8Array> = bytes(limits.peerMessageBytes);

/** Lengths and characters are checked by the store, which refuses one document without ending the link. */
export const documentIdField: Field<DocumentId> = record<DocumentId>({
  collection: text(4096),
  name: text(4096),
});

const certificate: Field<DeathCertificate> = record<DeathCertificate>({
  life: lifeField,
  deletedAt: uint(),
  activatedAt: uint(),
  by: replicaId,
  clients: list(uint(4_294_967_295), limits.endedClients),
});

export const documentChange: Field<DocumentChange> = variant<DocumentChange>({
  update: { id: documentIdField, life: lifeField, update: payload },
  certificate: { id: documentIdField, certificate },
});

export const documentChanges: Field<readonly DocumentChange[]> = list(documentChange, 4096);

export const documentDescription: Field<DocumentDescription> = record<DocumentDescription>({
  key: documentKeyField,
  life: lifeField,
  sketch: nullable(payload),
  ended: later(digestField),
});

/** A value with a codec of its own, as bytes. */
export function encoded<T>(
  shape: string,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => Result<T, DecodeError>,
): Field<T> {
  return {
    shape,
    pack: encode,
    unpack: (raw) => {
      const decoded = decode(payload.unpack(raw));
      return decoded.ok ? decoded.value : failDecode(decoded.error.message);
    },
  };
}

/** Keys without anything between them: 16 bytes each. */
export function packedKeys(max: number): Field<readonly DocumentKey[]> {
  return {
    shape: `key16*<=${max}`,
    pack: (keys) => fromHex(keys.join('')),
    unpack: (raw) => units(raw, 16, max).map((unit) => toHex(unit) as DocumentKey),
  };
}

/** Keys and digests without anything between them: 32 bytes a document, a zero digest for one that is unknown. */
export function packedEntries(max: number): Field<RecentPage['entries']> {
  return {
    shape: `(key16,digest16)*<=${max}`,
    pack: (entries) => fromHex(entries.map(({ key, digest }) => key + (digest ?? emptyDigest)).join('')),
    unpack: (raw) =>
      units(raw, 32, max).map((unit) => {
        const digest = toHex(unit.subarray(16)) as Digest;
        return {
          key: toHex(unit.subarray(0, 16)) as DocumentKey,
          digest: digest === emptyDigest ? null : digest,
        };
      }),
  };
}

function units(raw: unknown, size: number, max: number): Uint8Array[] {
  if (!(raw instanceof Uint8Array) || raw.byteLength % size !== 0)
    return failDecode(`not ${size} bytes a unit`);
  const count = raw.byteLength / size;
  if (count > max) failDecode(`more than ${max} units`);
  return Array.from({ length: count }, (_, index) => raw.subarray(index * size, (index + 1) * size));
}
