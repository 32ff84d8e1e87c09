import * as Y from 'yjs';

/** Source of an element as `Y.XmlElement.toString` writes it: attributes sorted, nothing escaped. */
export function xmlOfElement(
  nodeName: string,
  attributes: Readonly<Record<string, unknown>>,
  children: readonly unknown[],
): string {
  const name = nodeName.toLowerCase();
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${inline(value)}"`);
  return `<${name}${written.join('')}>${children.map(inline).join('')}</${name}>`;
}

/** Source of a text as `Y.XmlText.toString` writes it: formats become tags around the characters they cover. */
export function xmlOfText(items: readonly Y.Item[], inner: (item: Y.Item) => readonly unknown[]): string {
  const formats = new Map<string, unknown>();
  let source = '';
  let characters = '';
  const close = (): void => {
    if (characters !== '') source += tagged(characters, formats);
    characters = '';
  };
  for (const item of items) {
    const { content } = item;
    if (content instanceof Y.ContentString) characters += content.str;
    else if (content instanceof Y.ContentFormat) {
      close();
      const value: unknown = content.value;
      if (value === null) formats.delete(content.key);
      else formats.set(content.key, value);
    } else if (content instanceof Y.ContentType || content instanceof Y.ContentEmbed) {
      close();
      source += tagged(inner(item).map(inline).join(''), formats);
    }
  }
  close();
  return source;
}

function tagged(characters: string, formats: ReadonlyMap<string, unknown>): string {
  const names = [...formats.keys()].sort();
  const open = names.map((name) => `<${name}${attributesOf(formats.get(name))}>`);
  const shut = names.reverse().map((name) => `</${name}>`);
  return open.join('') + characters + shut.join('');
}

function attributesOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => ` ${key}="${inline(inner)}"`).join('');
}

/** Values of documents may have no `toString`. */
function inline(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
