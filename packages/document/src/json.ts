import { toBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import { materialize } from './materialize.ts';
import { xmlOfElement, xmlOfText } from './xml.ts';

/**
 * The document as plain JSON values, keys sorted: texts as strings, XML as its source, subdocuments as `{ guid }`,
 * binary values as base64, whole numbers of 64 bits as strings, what JSON lacks as null. Objects have no prototype, so
 * that nothing in a document can pass itself off as inherited.
 *
 * Only clients know what a root type is; here it shows by what is in it: characters make a text, nothing but
 * elements XML, other values a list, keys a map. A root with nothing alive in it is an empty map when it ever had keys, else an empty text.
 */
export function documentJson(updates: readonly Uint8Array[]): Record<string, unknown> {
  const document = materialize(updates);
  const json = emptyRecord();
  for (const name of [...document.share.keys()].sort()) {
    const root = document.share.get(name);
    if (root !== undefined) json[name] = typeValue(root);
  }
  return json;
}

/** What is read of a shared type; its own class says which it is. */
type SharedType = Pick<Y.AbstractType<unknown>, '_start' | '_map'>;

/** Depth first with a stack of its own: shared types nest as deep as people like. */
function typeValue(root: SharedType): unknown {
  const done = new Map<SharedType, unknown>();
  const stack = [{ type: root, nested: nestedTypes(root) }];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const next = frame.nested.pop();
    if (next !== undefined) stack.push({ type: next, nested: nestedTypes(next) });
    else {
      done.set(frame.type, shallowValue(frame.type, done));
      stack.pop();
    }
  }
  return done.get(root);
}

function nestedTypes(type: SharedType): SharedType[] {
  const nested: SharedType[] = [];
  for (const item of [...liveItems(type), ...type._map.values()]) {
    if (!item.deleted && item.content instanceof Y.ContentType) nested.push(item.content.type);
  }
  return nested;
}

function shallowValue(type: SharedType, done: ReadonlyMap<SharedType, unknown>): unknown {
  const items = liveItems(type);
  const inner = (item: Y.Item): unknown[] => plainContent(item, done);
  switch (shapeOf(type, items)) {
    case 'text':
      return textOf(items);
    case 'xmlText':
      return xmlOfText(items, inner);
    case 'xmlElement':
      return xmlOfElement(nodeNameOf(type), mapOf(type, done), items.flatMap(inner));
    case 'xmlFragment':
      return items.flatMap(inner).join('');
    case 'list':
      return items.flatMap(inner);
    case 'map':
      return mapOf(type, done);
  }
}

type Shape = 'text' | 'xmlText' | 'xmlElement' | 'xmlFragment' | 'list' | 'map';

function shapeOf(type: SharedType, items: readonly Y.Item[]): Shape {
  if (type instanceof Y.XmlText) return 'xmlText';
  if (type instanceof Y.Text) return 'text';
  if (type instanceof Y.XmlElement) return 'xmlElement';
  if (type instanceof Y.XmlFragment) return 'xmlFragment';
  if (type instanceof Y.Array) return 'list';
  if (type instanceof Y.Map) return 'map';
  if (items.some(({ content }) => textContents.some((kind) => content instanceof kind))) return 'text';
  if (items.length > 0) return items.every(isXml) ? 'xmlFragment' : 'list';
  return type._map.size > 0 ? 'map' : 'text';
}

const textContents = [Y.ContentString, Y.ContentFormat, Y.ContentEmbed];

function isXml({ content }: Y.Item): boolean {
  if (!(content instanceof Y.ContentType)) return false;
  const { type } = content;
  return type instanceof Y.XmlFragment || type instanceof Y.XmlText || type instanceof Y.XmlHook;
}

function nodeNameOf(type: SharedType): string {
  return type instanceof Y.XmlElement ? type.nodeName : '';
}

function liveItems(type: SharedType): Y.Item[] {
  const items: Y.Item[] = [];
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) items.push(item);
  return items;
}

function textOf(items: readonly Y.Item[]): string {
  let text = '';
  for (const { content } of items) if (content instanceof Y.ContentString) text += content.str;
  return text;
}

function mapOf(type: SharedType, done: ReadonlyMap<SharedType, unknown>): Record<string, unknown> {
  const record = emptyRecord();
  for (const key of [...type._map.keys()].sort()) {
    const item = type._map.get(key);
    // The value of a key is the last one of the contents merged into its item.
    if (item !== undefined && !item.deleted) record[key] = plainContent(item, done).at(-1) ?? null;
  }
  return record;
}

/** The values of an item: a list for those kinds of content that can be merged. */
function plainContent(item: Y.Item, done: ReadonlyMap<SharedType, unknown>): unknown[] {
  const { content } = item;
  if (content instanceof Y.ContentType) return [done.get(content.type)];
  if (content instanceof Y.ContentDoc) return [plainValue({ guid: content.doc.guid })];
  return content.getContent().map(plainValue);
}

function plainValue(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return value.toString();
    case 'object': {
      if (value === null) return null;
      if (value instanceof Uint8Array) return toBase64(value);
      if (Array.isArray(value)) return value.map(plainValue);
      const record = emptyRecord();
      for (const [key, inner] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
        record[key] = plainValue(inner);
      }
      return record;
    }
    default:
      return null;
  }
}

function emptyRecord(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}
