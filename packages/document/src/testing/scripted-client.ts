import * as Y from 'yjs';

// For simulations and tests: stock Yjs on the other side of what this package does with bytes.

/** One random edit; numbers are taken modulo what there is. */
export interface ScriptedEdit {
  readonly action: number;
  readonly position: number;
  readonly amount: number;
  readonly value: number;
}

/** A Yjs client that edits by script. Every edit also leaves a token that nothing deletes. */
export class ScriptedClient {
  readonly #document: Y.Doc;

  constructor(clientId: number) {
    this.#document = new Y.Doc({ guid: '' });
    this.#document.clientID = clientId;
  }

  /** Makes one edit in one transaction; gives its update. */
  edit(edit: ScriptedEdit, token: string): Uint8Array {
    return this.#transact((document) => {
      document.getMap('tokens').set(token, true);
      play(document, edit);
    });
  }

  /** Appends to the text; gives the update. */
  type(words: string): Uint8Array {
    return this.#transact((document) => {
      const text = document.getText('text');
      text.insert(text.length, words);
    });
  }

  #transact(change: (document: Y.Doc) => void): Uint8Array {
    const made: Uint8Array[] = [];
    const collect = (update: Uint8Array): void => {
      made.push(update);
    };
    this.#document.on('update', collect);
    this.#document.transact(() => change(this.#document));
    this.#document.off('update', collect);
    return Y.mergeUpdates(made);
  }

  /** Takes an update from elsewhere. */
  receive(update: Uint8Array): void {
    Y.applyUpdate(this.#document, update);
  }

  /** What a server with that state vector lacks, as stock clients answer a sync step. */
  updateSince(stateVector: ReadonlyMap<number, number>): Uint8Array {
    return Y.encodeStateAsUpdate(this.#document, Y.encodeStateVector(new Map(stateVector)));
  }

  /** Whether it waits for something that what it received depends on. */
  get pending(): boolean {
    return isPending(this.#document);
  }
}

/** What stock Yjs makes of updates: whether it waits for something they depend on, and their tokens. */
export function inspectUpdates(updates: readonly Uint8Array[]): {
  readonly pending: boolean;
  readonly tokens: ReadonlySet<string>;
} {
  const document = new Y.Doc({ guid: '' });
  for (const update of updates) Y.applyUpdate(document, update);
  return { pending: isPending(document), tokens: new Set(document.getMap('tokens').keys()) };
}

/** Next clock of every client whose structs are in the update. */
export function endClocks(update: Uint8Array): ReadonlyMap<number, number> {
  return Y.parseUpdateMeta(update).to;
}

/**
 * What the update says stands at each client and clock, as comparable text; nothing for what is deleted or collected,
 * since that depends on who tells it.
 */
export function* contentsOf(update: Uint8Array): Generator<readonly [string, string]> {
  for (const struct of Y.decodeUpdate(update).structs) {
    if (!(struct instanceof Y.Item) || struct.content instanceof Y.ContentDeleted) continue;
    const { client, clock } = struct.id;
    const units = struct.content.isCountable() ? struct.content.getContent() : [];
    for (let i = 0; i < struct.length; i++) {
      yield [`${client}:${clock + i}`, `${struct.content.constructor.name} ${textOf(units[i])}`];
    }
  }
}

function isPending({ store }: Y.Doc): boolean {
  return store.pendingStructs !== null || store.pendingDs !== null;
}

function textOf(unit: unknown): string {
  return unit instanceof Y.AbstractType ? unit.constructor.name : String(JSON.stringify(unit));
}

function play(document: Y.Doc, edit: ScriptedEdit): void {
  const text = document.getText('text');
  const list = document.getArray<unknown>('list');
  const map = document.getMap('map');
  const key = `key${edit.position % 4}`;
  switch (edit.action % 10) {
    case 0:
    case 1:
    case 2:
      text.insert(boundary(text, edit.position), words[edit.value % words.length] ?? 'x');
      return;
    case 3:
    case 4: {
      const from = boundary(text, edit.position);
      const length = boundary(text, Math.min(from + edit.amount, text.length)) - from;
      if (length <= 0) return;
      if (edit.action % 10 === 3) text.delete(from, length);
      else text.format(from, length, { bold: edit.value % 2 === 0 ? true : null });
      return;
    }
    case 5:
      list.insert(edit.position % (list.length + 1), [edit.value, `item ${edit.value}`]);
      return;
    case 6:
      cut(list, edit);
      return;
    case 7:
      map.set(key, edit.value % 3 === 0 ? new Y.Array<unknown>() : edit.value);
      return;
    case 8: {
      const nested = map.get(key);
      if (nested instanceof Y.Array) nested.insert(edit.position % (nested.length + 1), [edit.value]);
      else map.delete(key);
      return;
    }
    default:
      editXml(document.getXmlFragment('xml'), edit);
  }
}

const words = ['a', 'word ', 'größe', '𝒳𝒴', '好', 'line\n', '🙂'];

/**
 * A place between two whole characters. An edit between the halves of a surrogate pair makes Yjs replace both, and
 * replicas that collect what split the pair before they see the pair keep it: editors never do that, so neither does this.
 */
function boundary(text: Y.Text, position: number): number {
  const at = position % (text.length + 1);
  const characters = text.toString();
  const isInside = characters.slice(0, at).isWellFormed() === false && at < text.length;
  return isInside ? at + 1 : at;
}

function cut(type: Y.Array<unknown>, edit: ScriptedEdit): void {
  const from = edit.position % (type.length + 1);
  const length = Math.min(edit.amount, type.length - from);
  if (length > 0) type.delete(from, length);
}

function editXml(xml: Y.XmlFragment, edit: ScriptedEdit): void {
  const index = edit.position % (xml.length + 1);
  const child = xml.get(index % Math.max(1, xml.length));
  if (edit.value % 4 === 3 && xml.length > 0) xml.delete(index % xml.length, 1);
  else if (edit.value % 4 === 2 && child instanceof Y.XmlElement) {
    child.setAttribute(`name${edit.position % 3}`, String(edit.value));
  } else xml.insert(index, [edit.value % 2 === 0 ? new Y.XmlElement('p') : new Y.XmlText('words')]);
}
