import { type DocumentId, documentId, msToHybridTime, type ReplicaId } from '@hearsay/core';
import type { DocumentLookup, DocumentStore } from '@hearsay/storage';
import type { NodeStoreOptions } from '@hearsay/storage/node';
import * as Y from 'yjs';

/** When all was written, milliseconds of wall clock; also when it is read again: nothing is over by then. */
const writtenAt = Date.UTC(2026, 10, 28);

/** Options of stores of all releases. Long timers never fire: nothing happens that was not asked for. */
export const release: Omit<NodeStoreOptions, 'directory'> = {
  cluster: 'golden',
  clock: { now: () => writtenAt },
  timers: {
    set: (delayMs, fire) => {
      const soon = delayMs < 1000 ? setImmediate(fire) : undefined;
      return () => clearImmediate(soon);
    },
  },
  keepsDeleted: true,
  certificateMs: 1000,
};

/** What a later release has to find of one document. */
export interface ExpectedDocument {
  readonly collection: string;
  readonly name: string;
  readonly phase: DocumentLookup['phase'];
  readonly life: number;
  /** Stamp of its certificate. */
  readonly deletedAt: number | null;
  readonly contents: object | null;
}

/** What a later release has to find. */
export interface Expected {
  readonly roots: readonly { readonly collection: string; readonly count: number; readonly digest: string }[];
  readonly documents: readonly ExpectedDocument[];
  readonly kept: readonly string[];
  readonly state: string;
  readonly mail: number;
}

/** Tells what stands in a store. */
export async function expectedOf(store: DocumentStore): Promise<Expected> {
  const ids = [...named, ...Array.from({ length: small }, (_, at) => id('small', `${at}`))];
  const documents: ExpectedDocument[] = [];
  for (const each of ids) {
    const { phase, life, certificate } = await store.lookup(each);
    const read = await store.read(each);
    if (!read.ok) throw new Error(read.error.message);
    const contents = read.value === undefined ? null : contentsOf(read.value.updates);
    documents.push({ ...each, phase, life, deletedAt: certificate?.deletedAt ?? null, contents });
  }
  const roots = await store.roots();
  return {
    roots: roots.map(({ collection, count, digest }) => ({ collection, count, digest })),
    documents,
    kept: (await store.kept()).map((kept) => kept.id.name),
    state: new TextDecoder().decode(await store.readState('golden')),
    mail: await store.outboxHead(),
  };
}

/** Every kind of record: documents of all types, snapshots and tails, lives that ended, rest or go on, mail and cursors. */
export async function fillStore(store: DocumentStore, backUp: () => Promise<void>): Promise<void> {
  const by = 'ab'.repeat(16) as ReplicaId;
  const write = async (
    to: DocumentId,
    client: number,
    edits: readonly Edit[],
    life?: number,
  ): Promise<void> => {
    for (const update of written(client, edits)) {
      const receipt = await store.submit(to, update, { kind: 'local' }, life);
      if (!receipt.ok) throw new Error(receipt.error.message);
    }
  };
  for (let at = 0; at < small; at++) await write(id('small', `${at}`), 100 + at, [typed(`small ${at}`)]);
  const words = Array.from({ length: 120 }, (_, at) => typed(`word ${at} `));
  await write(plain, 1, words);
  await store.compact(plain);
  await write(plain, 2, [typed('after the snapshot ')]);
  await write(rich, 3, [formatted, valued, structured, erased]);
  await write(japanese, 4, [typed('日記 👩‍🚀')]);
  for (const each of [deleted, reborn, resting]) await write(each, 5, [typed('of a life that ended')]);
  await store.deleteDocument(resting, msToHybridTime(writtenAt - 10_000), by);
  await store.restCertificates({ isKeptHere: () => true, forgetMs: 1e12 });
  for (const each of [deleted, reborn]) await store.deleteDocument(each, msToHybridTime(writtenAt), by);
  await backUp();
  await write(reborn, 6, [typed('of the next life')], 2);
  await store.writeState('golden', new TextEncoder().encode('kept by name'));
  await store.idle();
  await store.erase();
  await write(plain, 7, [typed('in the log of LevelDB')]);
  await store.idle();
}

/** Enough that their index has several levels. */
const small = 80;

const plain = id('default', 'plain');
const rich = id('default', 'rich');
const deleted = id('default', 'deleted');
const reborn = id('default', 'reborn');
const resting = id('default', 'resting');
const japanese = id('日本', '日記');
const named = [plain, rich, deleted, reborn, resting, japanese];

type Edit = (doc: Y.Doc) => void;

const typed = (words: string): Edit => {
  return (doc) => doc.getText('text').insert(doc.getText('text').length, words);
};

const formatted: Edit = (doc) => {
  const text = doc.getText('text');
  text.insert(0, 'bold and plain');
  text.format(0, 4, { bold: true });
  text.insertEmbed(4, { image: 'a.png' });
};

const valued: Edit = (doc) => {
  const map = doc.getMap('map');
  const values = {
    text: 'é',
    number: 1.5,
    large: 2 ** 40,
    flag: true,
    nothing: null,
    list: [1, [2]],
    object: { a: 1 },
  };
  for (const [name, value] of Object.entries(values)) map.set(name, value);
  map.set('bytes', Uint8Array.of(1, 2, 3));
  map.set('text', 'overwritten');
  map.delete('flag');
};

const structured: Edit = (doc) => {
  const list = doc.getArray('list');
  list.push(['first', new Y.Map([['inner', new Y.Array<number>()]])]);
  const paragraph = new Y.XmlElement('p');
  paragraph.setAttribute('class', 'lead');
  paragraph.insert(0, [new Y.XmlText('in XML')]);
  doc.getXmlFragment('xml').insert(0, [paragraph, new Y.XmlElement('hr')]);
};

const erased: Edit = (doc) => {
  doc.getText('text').delete(0, 2);
  doc.getArray('list').delete(0, 1);
};

/** The updates of a client that makes these edits one after the other. */
function written(client: number, edits: readonly Edit[]): readonly Uint8Array[] {
  const doc = new Y.Doc({ guid: '' });
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const edit of edits) doc.transact(() => edit(doc));
  doc.destroy();
  return updates;
}

function contentsOf(updates: readonly Uint8Array[]): object {
  const doc = new Y.Doc({ guid: '' });
  for (const update of updates) Y.applyUpdate(doc, update);
  const map = doc.getMap('map');
  return {
    text: doc.getText('text').toDelta(),
    map: Object.fromEntries([...map.entries()].sort().map(([name, value]) => [name, plainValue(value)])),
    list: doc.getArray('list').toJSON(),
    xml: doc.getXmlFragment('xml').toString(),
  };
}

function plainValue(value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: [...value] } : value;
}

function id(collection: string, name: string): DocumentId {
  const checked = documentId(collection, name);
  if (!checked.ok) throw new Error(checked.error.message);
  return checked.value;
}
