import {
  ByteWriter,
  type DocumentId,
  type DocumentKey,
  decode,
  documentKey,
  type Life,
  limits,
} from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';

/** The last copy of a document that was deleted elsewhere while it had edits that nobody else has seen. */
export interface CopyAside {
  readonly id: DocumentId;
  readonly life: Life;
  /** Unix milliseconds. */
  readonly at: number;
  /** All of it, as one Yjs update. */
  readonly update: Uint8Array;
}

type Records = Pick<DocumentStore, 'readState' | 'writeState'>;

/** Copies kept aside, until the application has looked at them. They are never merged into anything. */
export class CopiesAside {
  readonly #records: Records;
  readonly #names: Set<string>;

  private constructor(records: Records, names: Iterable<string>) {
    this.#records = records;
    this.#names = new Set(names);
  }

  static async load(records: Records): Promise<CopiesAside> {
    const list = await records.readState(listRecord);
    return new CopiesAside(records, list === undefined ? [] : decodeList(list));
  }

  /** Durable when it resolves, rejects when it is not. A copy of the same life is replaced. */
  async keep(copy: CopyAside): Promise<void> {
    const name = nameOf(documentKey(copy.id), copy.life);
    // The copy first: a name in the list without one is passed over.
    const bytes = encodeCopy(copy);
    await this.#records.writeState(name, bytes);
    const written = await this.#records.readState(name);
    if (written?.byteLength !== bytes.byteLength)
      throw new Error(`a copy of "${copy.id.name}" could not be kept`);
    this.#names.add(name);
    await this.#writeList();
  }

  async all(): Promise<readonly CopyAside[]> {
    const copies: CopyAside[] = [];
    for (const name of this.#names) {
      const bytes = await this.#records.readState(name);
      const copy = bytes === undefined ? undefined : decodeCopy(bytes);
      // Damaged, or discarded while that was not written to the list.
      if (copy !== undefined) copies.push(copy);
    }
    return copies;
  }

  async discard({ id, life }: CopyAside): Promise<void> {
    const name = nameOf(documentKey(id), life);
    if (!this.#names.delete(name)) return;
    await this.#writeList();
    await this.#records.writeState(name, new Uint8Array());
  }

  async #writeList(): Promise<void> {
    const writer = new ByteWriter(64).varUint(this.#names.size);
    for (const name of this.#names) writer.varString(name);
    await this.#records.writeState(listRecord, writer.finish());
  }
}

const listRecord = 'aside';
/** More than anybody looks at. */
const maxCopies = 65_536;
const maxLife = 4_294_967_295;

function nameOf(key: DocumentKey, life: Life): string {
  return `aside/${key}/${life}`;
}

function decodeList(bytes: Uint8Array): readonly string[] {
  const list = decode(bytes, (reader) => {
    const count = Math.min(reader.varUint(), maxCopies);
    return Array.from({ length: count }, () => reader.varString(64));
  });
  return list.ok ? list.value : [];
}

function encodeCopy({ id, life, at, update }: CopyAside): Uint8Array {
  return new ByteWriter(update.byteLength + 128)
    .varString(id.collection)
    .varString(id.name)
    .varUint(life)
    .varUint(at)
    .bytes(update)
    .finish();
}

function decodeCopy(bytes: Uint8Array): CopyAside | undefined {
  const copy = decode(bytes, (reader) => ({
    id: {
      collection: reader.varString(limits.collectionNameBytes),
      name: reader.varString(limits.documentNameBytes),
    },
    life: Math.min(reader.varUint(), maxLife),
    at: reader.varUint(),
    update: reader.rest(),
  }));
  return copy.ok ? copy.value : undefined;
}
