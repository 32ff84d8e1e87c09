import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

/** Flips a bit in the first record of a closed store's documents for which `isWanted` holds. */
export async function flip(directory: string, isWanted: (value: Uint8Array) => boolean): Promise<void> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(join(directory, 'db'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: false,
    compression: false,
  });
  await database.open();
  for await (const [key, value] of database.iterator({ gte: Uint8Array.of(0x10), lt: Uint8Array.of(0x11) })) {
    if (!isWanted(value)) continue;
    const flipped = value.slice();
    const middle = flipped.byteLength >> 1;
    flipped[middle] = (flipped[middle] ?? 0) ^ 1;
    await database.put(key, flipped);
    await database.close();
    return;
  }
  throw new Error('no such record');
}

/** Whether a record has this text in it. */
export const holds =
  (text: string) =>
  (value: Uint8Array): boolean =>
    Buffer.from(value).includes(text);

interface Listed {
  readonly total: number;
  readonly documents: readonly { readonly name: string; readonly reason: string }[];
}

/** What a node says is damaged. */
export async function damagedAt(node: { readonly http: string }): Promise<Listed> {
  return (await (await fetch(`${node.http}/api/damaged`)).json()) as Listed;
}
