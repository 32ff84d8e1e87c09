/** Where nodes keep what they tell each other: no client, guest or HTTP caller reads or writes it, whatever its rights. */
export const reservedCollection = '$hearsay';

export function isReserved(collection: string): boolean {
  return collection === reservedCollection;
}
