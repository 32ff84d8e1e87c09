import { documentId, err, limits, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';

/** What a guest keeps of a node's documents: those of some collections whose names begin with a prefix. */
export interface Interest {
  /** At least one, ascending, none twice. */
  readonly collections: readonly string[];
  /** Empty for whole collections. */
  readonly prefix: string;
}

export type InterestError = TaggedError<'INTEREST_INVALID'>;

/** Checks and normalises (NFC, order) what a program or another machine asks for. */
export function toInterest(collections: unknown, prefix: unknown): Result<Interest, InterestError> {
  const refuse = (why: string): Result<Interest, InterestError> => err(taggedError('INTEREST_INVALID', why));
  if (!Array.isArray(collections) || collections.length === 0) return refuse('no collection is named');
  if (collections.length > limits.guestCollections) {
    return refuse(`more than ${limits.guestCollections} collections`);
  }
  if (typeof prefix !== 'string') return refuse('the prefix is not a text');
  // Whatever would be a part of a name is a prefix of one.
  const checked = documentId('default', `${prefix}x`);
  if (!checked.ok) return refuse(`prefix: ${checked.error.message}`);
  const names = new Set<string>();
  for (const collection of collections) {
    if (typeof collection !== 'string') return refuse('a collection is not a text');
    const id = documentId(collection, 'x');
    if (!id.ok) return refuse(id.error.message);
    names.add(id.value.collection);
  }
  return ok({ collections: [...names].sort(), prefix: prefix.normalize('NFC') });
}

/** Whether a document belongs to what is asked for. */
export function isWithin(
  { collections, prefix }: Interest,
  id: { readonly collection: string; readonly name: string },
): boolean {
  return id.name.startsWith(prefix) && collections.includes(id.collection);
}

/** Whether `wide` holds everything that `narrow` does. */
export function covers(wide: Interest, narrow: Interest): boolean {
  return (
    narrow.prefix.startsWith(wide.prefix) &&
    narrow.collections.every((collection) => wide.collections.includes(collection))
  );
}
