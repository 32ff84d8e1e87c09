import { type DocumentKey, digestOf, fromHex, type ReplicaId } from '@hearsay/core';

/**
 * The `count` members that keep something of a document, by rendezvous hashing (Thaler and Ravishankar 1998): every node
 * names the same ones without asking, and of those that stay none changes when a member comes or goes.
 */
export function holdersOf(
  key: DocumentKey,
  members: Iterable<ReplicaId>,
  count: number,
): readonly ReplicaId[] {
  const weight = (member: ReplicaId): string => digestOf('hearsay/holder/1', fromHex(key), fromHex(member));
  return [...new Set(members)]
    .map((member) => ({ member, weight: weight(member) }))
    .sort((a, b) => (a.weight < b.weight ? 1 : -1))
    .slice(0, count)
    .map(({ member }) => member);
}
