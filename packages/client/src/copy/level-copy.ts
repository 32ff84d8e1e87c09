import { emptyBytes } from '@hearsay/core';
import type { Lineage, ResetReason } from '../channel/channel-types.ts';
import type { EditKey } from '../channel/edit-ledger.ts';
import { decodeAside, decodeLineage, encodeCard } from './copy-cards.ts';
import { below, type CopyDatabase, type CopyOperation } from './database.ts';
import type { CopyAside, CopyRecord, LocalCopy, StoredCopy } from './local-copy.ts';
import { WriteQueue } from './write-queue.ts';

/**
 * Opens what a database keeps of a document. Its copies are numbered, and the one after the last put aside is the present
 * one. Keys: `log/NAME/COPY/EDIT` → update; `unsaved/NAME/COPY/EDIT`, for edits that no server has; `life/NAME/COPY` and
 * `aside/NAME/COPY` → cards. No record is ever changed by two tabs.
 */
export async function openLevelCopy(database: CopyDatabase, documentName: string): Promise<LocalCopy> {
  const name = encodeURIComponent(documentName);
  const last = (await database.keys(below(`aside/${name}`)).all()).at(-1);
  return new LevelCopy(database, name, last === undefined ? 0 : Number(lastPart(last)) + 1);
}

class LevelCopy implements LocalCopy {
  readonly isDurable = true;
  readonly number: number;
  readonly #database: CopyDatabase;
  readonly #name: string;
  readonly #path: string;
  readonly #writes: WriteQueue;

  constructor(database: CopyDatabase, name: string, number: number) {
    this.#database = database;
    this.#name = name;
    this.number = number;
    this.#path = `${name}/${String(number).padStart(6, '0')}`;
    this.#writes = new WriteQueue(database);
  }

  async load(): Promise<StoredCopy> {
    const lineage = decodeLineage(await this.#database.get(`life/${this.#path}`));
    return { lineage, ...(await this.#read(this.#path)) };
  }

  append({ key, update, isUnsaved }: CopyRecord): Promise<void> {
    const operations: CopyOperation[] = [{ type: 'put', key: `log/${this.#path}/${key}`, value: update }];
    if (isUnsaved) operations.push({ type: 'put', key: `unsaved/${this.#path}/${key}`, value: emptyBytes });
    return this.#writes.add(operations);
  }

  settle(keys: readonly EditKey[]): Promise<void> {
    return this.#writes.add(keys.map((key) => ({ type: 'del', key: `unsaved/${this.#path}/${key}` })));
  }

  remember(lineage: Lineage): Promise<void> {
    return this.#writes.add([{ type: 'put', key: `life/${this.#path}`, value: encodeCard(lineage) }]);
  }

  async compact(key: EditKey, merge: (updates: readonly Uint8Array[]) => Uint8Array): Promise<void> {
    await this.#writes.idle();
    const { records } = await this.#read(this.#path);
    const whole = merge(records.map(({ update }) => update));
    await this.#writes.add([
      ...records.map((record): CopyOperation => ({ type: 'del', key: `log/${this.#path}/${record.key}` })),
      { type: 'put', key: `log/${this.#path}/${key}`, value: whole },
    ]);
  }

  putAside(reason: ResetReason, at: number): Promise<void> {
    const value = encodeCard({ reason, at, isDiscarded: false });
    return this.#writes.add([{ type: 'put', key: `aside/${this.#path}`, value }]);
  }

  async copiesAside(merge: (updates: readonly Uint8Array[]) => Uint8Array): Promise<readonly CopyAside[]> {
    await this.#writes.idle();
    const copies: CopyAside[] = [];
    for (const [key, value] of await this.#database.iterator(below(`aside/${this.#name}`)).all()) {
      const { isDiscarded, ...card } = decodeAside(value);
      if (isDiscarded) continue;
      const number = lastPart(key);
      const path = `${this.#name}/${number}`;
      const lineage = decodeLineage(await this.#database.get(`life/${path}`));
      const { records, unsaved } = await this.#read(path);
      const update = merge(records.map((record) => record.update));
      copies.push({ ...card, id: Number(number), lineage, update, unsaved: unsaved.length });
    }
    return copies;
  }

  async discardAside(id: number): Promise<void> {
    const path = `${this.#name}/${String(id).padStart(6, '0')}`;
    const card = await this.#database.get(`aside/${path}`);
    if (card === undefined) return;
    const ranges = [`log/${path}`, `unsaved/${path}`].map((part) => this.#database.keys(below(part)).all());
    const keys = (await Promise.all(ranges)).flat();
    await this.#writes.add([
      ...keys.map((key): CopyOperation => ({ type: 'del', key })),
      { type: 'put', key: `aside/${path}`, value: encodeCard({ ...decodeAside(card), isDiscarded: true }) },
    ]);
  }

  async close(): Promise<void> {
    await this.#writes.idle();
  }

  async #read(path: string): Promise<Omit<StoredCopy, 'lineage'>> {
    // What is unsaved first: what becomes saved meanwhile only counts a moment longer.
    const unsaved = await this.#database.keys(below(`unsaved/${path}`)).all();
    const log = await this.#database.iterator(below(`log/${path}`)).all();
    return {
      records: log.map(([key, update]) => ({ key: lastPart(key), update })),
      unsaved: unsaved.map(lastPart),
    };
  }
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
