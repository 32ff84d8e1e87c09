import { ByteWriter, type Digest, digestOf, fromHex, limits, type ReplicaId } from '@hearsay/core';
import type { Version } from '@hearsay/document';
import type { DeathCertificate } from './replica.ts';

/** Where nobody knows how a life ended. */
export const unknownEnd: DeathCertificate = {
  life: 0,
  deletedAt: 0,
  activatedAt: 0,
  by: '0'.repeat(32) as ReplicaId,
  clients: [],
};

/** What both know: the same in whatever order certificates are merged, and however often. */
export function mergeCertificates(a: DeathCertificate, b: DeathCertificate): DeathCertificate {
  const isLater =
    b.life > a.life ||
    (b.life === a.life && (b.deletedAt > a.deletedAt || (b.deletedAt === a.deletedAt && b.by > a.by)));
  const holds = isLater ? b : a;
  const activatedAt = a.life === b.life ? Math.max(a.activatedAt, b.activatedAt) : holds.activatedAt;
  return { ...holds, activatedAt, clients: lowest([...a.clients, ...b.clients]) };
}

/** The clients of a certificate and those that wrote in what has ended. */
export function withClients({ clients }: DeathCertificate, version: Version): readonly number[] {
  return lowest([...clients, ...version.stateVector.keys()]);
}

/** Whether two certificates say the same. */
export function isSame(a: DeathCertificate, b: DeathCertificate): boolean {
  return (
    a.life === b.life &&
    a.deletedAt === b.deletedAt &&
    a.activatedAt === b.activatedAt &&
    a.by === b.by &&
    a.clients.length === b.clients.length &&
    a.clients.every((client, index) => client === b.clients[index])
  );
}

/** Of all that a certificate says. */
export function certificateDigest(certificate: DeathCertificate): Digest {
  const { life, deletedAt, activatedAt, by, clients } = certificate;
  const writer = new ByteWriter(64).varUint(life).varUint(deletedAt).varUint(activatedAt).bytes(fromHex(by));
  return digestOf('hearsay/certificate/2', withList(writer, clients));
}

/** Of whom a document that lives on is not to be written by: of lives that are over nothing else matters to it. */
export function clientsDigest({ clients }: DeathCertificate): Digest {
  return digestOf('hearsay/ended/1', withList(new ByteWriter(64), clients));
}

function withList(writer: ByteWriter, clients: readonly number[]): Uint8Array {
  writer.varUint(clients.length);
  for (const client of clients) writer.varUint(client);
  return writer.finish();
}

/** The lowest of all is the same in whatever order they come; client ids are drawn at random, so it is a fair sample. */
function lowest(clients: readonly number[]): readonly number[] {
  return [...new Set(clients)].sort((a, b) => a - b).slice(0, limits.endedClients);
}
