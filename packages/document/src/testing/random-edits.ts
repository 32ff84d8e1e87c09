import fc from 'fast-check';
import * as Y from 'yjs';

/** One random edit: which replica does what, and where. Numbers are taken modulo what there is. */
export interface Edit {
  readonly replica: number;
  readonly action: number;
  readonly position: number;
  readonly amount: number;
  readonly value: number;
}

/** What random editing left behind. */
export interface History {
  readonly replicas: readonly Y.Doc[];
  /** Every update a replica made by itself, in the order of making, which is a causal one. */
  readonly updates: readonly Uint8Array[];
}

export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    replica: fc.nat(2),
    action: fc.nat(999),
    position: fc.nat(9999),
    amount: fc.integer({ min: 1, max: 4 }),
    value: fc.nat(9999),
  }),
  { minLength: 1, maxLength: 120, size: 'max' },
);

/** Plays edits on three replicas that now and then hear from one another. Client ids are 1, 2 and 4,000,000,000. */
export function playEdits(script: readonly Edit[], gc: boolean): History {
  const updates: Uint8Array[] = [];
  const replicas = [1, 2, 4_000_000_000].map((clientID) => {
    const replica = new Y.Doc({ gc });
    replica.clientID = clientID;
    replica.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      if (transaction.local) updates.push(update);
    });
    return replica;
  });
  for (const edit of script) {
    const replica = replicas[edit.replica] as Y.Doc;
    if (edit.action % 10 === 0) {
      const other = replicas[edit.value % replicas.length] as Y.Doc;
      if (other !== replica)
        Y.applyUpdate(replica, Y.encodeStateAsUpdate(other, Y.encodeStateVector(replica)));
    } else replica.transact(() => play(replica, edit));
  }
  return { replicas, updates: [...updates] };
}

/** Tells every replica everything. */
export function exchangeAll(replicas: readonly Y.Doc[]): void {
  for (let round = 0; round < 2; round++) {
    for (const from of replicas) {
      for (const to of replicas) if (from !== to) Y.applyUpdate(to, Y.encodeStateAsUpdate(from));
    }
  }
}

/**
 * The root types that {@link playEdits} writes, as a client that knows them reads them. Values that JSON lacks are
 * written as `documentJson` promises; roots with nothing in them are left out, since only a client can tell what they are.
 */
export function jsonOfClient(document: Y.Doc): Record<string, unknown> {
  const roots: Record<string, unknown> = {
    list: document.getArray('list').toJSON(),
    map: document.getMap('map').toJSON(),
    text: document.getText('text').toJSON(),
    xml: document.getXmlFragment('xml').toJSON(),
  };
  return withoutEmpty(plain(roots) as Record<string, unknown>);
}

/** Leaves out roots that are empty lists, maps or texts. */
export function withoutEmpty(json: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => Object.keys(value ?? {}).length > 0));
}

function plain(value: unknown): unknown {
  if (value instanceof Y.Doc) return { guid: value.guid };
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function play(document: Y.Doc, edit: Edit): void {
  const text = document.getText('text');
  const list = document.getArray('list');
  const map = document.getMap('map');
  const xml = document.getXmlFragment('xml');
  switch (edit.action % 13) {
    case 0:
    case 1:
      text.insert(edit.position % (text.length + 1), words[edit.value % words.length] ?? '');
      return;
    case 2:
      removeFrom(text, edit);
      return;
    case 3: {
      const from = edit.position % (text.length + 1);
      const length = Math.min(edit.amount, text.length - from);
      if (length > 0)
        text.format(from, length, { [edit.value % 2 ? 'bold' : 'link']: formats[edit.value % 4] });
      return;
    }
    case 4:
      text.insertEmbed(edit.position % (text.length + 1), { image: edit.value }, { bold: true });
      return;
    case 5:
      list.insert(edit.position % (list.length + 1), [anyValue(edit.value), anyValue(edit.amount)]);
      return;
    case 6:
      removeFrom(list, edit);
      return;
    case 7:
      map.set(`key${edit.position % 4}`, edit.value % 3 === 0 ? nestedType(edit) : anyValue(edit.value));
      return;
    case 8:
      map.delete(`key${edit.position % 4}`);
      return;
    case 9:
      editNested(map.get(`key${edit.position % 4}`), edit);
      return;
    case 10:
      // A list of elements alone could not be told from XML.
      list.insert(edit.position % (list.length + 1), [
        nestedType({ ...edit, value: edit.value - (edit.value % 5 === 4 ? 1 : 0) }),
      ]);
      return;
    case 11:
      editXml(xml, edit);
      return;
    default:
      editNested(list.get(edit.position % Math.max(1, list.length)), edit);
  }
}

// No surrogate pairs: Yjs breaks those that an edit falls inside of, on the author's replica alone.
const words = ['a', 'word ', 'größe', '好', 'line\n'];
const formats: unknown[] = [true, null, { href: 'x' }, 'y'];

function removeFrom(type: Y.Text | Y.Array<unknown>, edit: Edit): void {
  const from = edit.position % (type.length + 1);
  const length = Math.min(edit.amount, type.length - from);
  if (length > 0) type.delete(from, length);
}

function anyValue(seed: number): unknown {
  const values: unknown[] = [
    seed,
    -seed,
    seed / 7,
    `text 🙂 ${seed}`,
    null,
    seed % 2 === 0,
    [seed, { deep: [seed] }],
    { a: seed, b: 'ü' },
    Uint8Array.of(seed % 256, 1),
    { big: BigInt(seed) },
    4_294_967_296 + seed,
  ];
  return values[seed % values.length];
}

function nestedType(edit: Edit): unknown {
  switch (edit.value % 5) {
    case 0:
      return new Y.Map([
        ['inner', edit.value],
        ['list', new Y.Array()],
      ]);
    case 1:
      return Y.Array.from([edit.value, 'x']);
    case 2:
      return new Y.Text('nested');
    case 3:
      return new Y.Doc({ guid: `sub-${edit.value}` });
    default:
      return new Y.XmlElement('p');
  }
}

function editNested(type: unknown, edit: Edit): void {
  if (type instanceof Y.XmlFragment) editXml(type, edit);
  else if (type instanceof Y.Text) {
    if (edit.value % 3 === 0) removeFrom(type, edit);
    else
      type.insert(edit.position % (type.length + 1), words[edit.value % words.length] ?? '', { bold: true });
  } else if (type instanceof Y.Array) {
    if (edit.value % 3 === 0) removeFrom(type, edit);
    else
      type.insert(edit.position % (type.length + 1), [
        edit.value % 2 ? anyValue(edit.value) : nestedType(edit),
      ]);
  } else if (type instanceof Y.Map) {
    type.set(`key${edit.position % 3}`, edit.value % 2 ? anyValue(edit.value) : nestedType(edit));
  }
}

function editXml(parent: Y.XmlFragment, edit: Edit): void {
  const index = edit.position % (parent.length + 1);
  const child = parent.get(index % Math.max(1, parent.length));
  if (edit.value % 5 === 0) parent.insert(index, [new Y.XmlElement(edit.value % 2 ? 'div' : 'Img')]);
  else if (edit.value % 5 === 1) parent.insert(index, [new Y.XmlText('words')]);
  else if (edit.value % 5 === 2 && parent.length > 0) parent.delete(index % parent.length, 1);
  else if (child instanceof Y.XmlElement) {
    if (edit.value % 2) child.setAttribute(`name${edit.value % 3}`, String(edit.value));
    else editXml(child, { ...edit, value: Math.floor(edit.value / 2) });
  } else if (child instanceof Y.XmlText && child.length > 0) {
    child.format(0, Math.min(child.length, edit.amount), { em: { level: String(edit.amount) } });
  }
}
