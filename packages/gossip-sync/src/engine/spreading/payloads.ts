import { ByteWriter, digestOf, fromHex, utf8Encode } from '@hearsay/core';
import type { DocumentChange } from '../../ports.ts';
import type { RumourId } from '../rumour/messages.ts';

/** The same for the same change on every node. */
export function rumourIdOf(change: DocumentChange): RumourId {
  const { collection, name } = change.id;
  const id = [utf8Encode(collection), utf8Encode(name)];
  if (change.kind === 'update') {
    return digestOf(
      'hearsay/rumour/1',
      ...id,
      new ByteWriter(8).varUint(change.life).finish(),
      change.update,
    );
  }
  const { life, deletedAt, activatedAt, by, clients } = change.certificate;
  const stamp = new ByteWriter(40).varUint(life).varUint(deletedAt).varUint(activatedAt).bytes(fromHex(by));
  for (const client of clients) stamp.varUint(client);
  return digestOf('hearsay/rumour/certificate/1', ...id, stamp.finish());
}

/** Changes that spread, by id, bounded in bytes. */
export class Payloads {
  readonly #maxBytes: number;
  readonly #changes = new Map<RumourId, { readonly change: DocumentChange; readonly bytes: number }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(id: RumourId): DocumentChange | undefined {
    return this.#changes.get(id)?.change;
  }

  /** Returns the ids that had to go. */
  put(id: RumourId, change: DocumentChange, bytes: number): RumourId[] {
    if (this.#changes.has(id)) return [];
    this.#changes.set(id, { change, bytes });
    this.#bytes += bytes;
    const gone: RumourId[] = [];
    for (const [oldest, { bytes: freed }] of this.#changes) {
      if (this.#bytes <= this.#maxBytes || oldest === id) break;
      this.#changes.delete(oldest);
      this.#bytes -= freed;
      gone.push(oldest);
    }
    return gone;
  }
}
