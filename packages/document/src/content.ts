import { checkJson, isUndefinedWord } from './json-text.ts';
import { malformed, type StrictReader } from './strict-reader.ts';

/** What a struct holds: the number in the low five bits of its info byte. */
export const contentKind = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  document: 9,
  skip: 10,
} as const;

/** Type references 3 and 5 (XmlElement, XmlHook) carry a name. */
const namedTypes = [3, 5];
const lastType = 6;

/** Passes over the content of an item and gives its length in clocks. Refuses what a Yjs client could not read. */
export function readContent(reader: StrictReader, kind: number): number {
  switch (kind) {
    case contentKind.deleted:
      return reader.varUint();
    case contentKind.json: {
      const length = reader.varUint();
      for (let rest = length; rest > 0; rest--) readJson(reader, true);
      return length;
    }
    case contentKind.binary:
      reader.varBytes();
      return 1;
    case contentKind.string:
      return reader.string();
    case contentKind.embed:
      readJson(reader, false);
      return 1;
    case contentKind.format:
      reader.key();
      readJson(reader, false);
      return 1;
    case contentKind.type: {
      const type = reader.varUint();
      if (type > lastType) malformed('unknown shared type');
      if (namedTypes.includes(type)) reader.string();
      return 1;
    }
    case contentKind.any: {
      const length = reader.varUint();
      for (let rest = length; rest > 0; rest--) reader.any();
      return length;
    }
    case contentKind.document:
      reader.string();
      readDocumentOptions(reader);
      return 1;
    default:
      return malformed('unknown content');
  }
}

function readJson(reader: StrictReader, mayBeUndefined: boolean): void {
  reader.string();
  if (mayBeUndefined && isUndefinedWord(reader.input, reader.stringStart, reader.offset)) return;
  checkJson(reader.input, reader.stringStart, reader.offset);
}

const objectTag = 118;
/** Options that Yjs spreads into `new Doc(…)` after its own: these two would replace what it relies on. */
const refusedOptions = ['guid', 'gcFilter'];

/** Yjs reads properties of the options without looking at their type: anything but an object throws there. */
function readDocumentOptions(reader: StrictReader): void {
  if (reader.byte() !== objectTag) malformed('subdocument options that are no object');
  for (let rest = reader.varUint(); rest > 0; rest--) {
    reader.key();
    for (const name of refusedOptions) {
      if (isAscii(reader.input, reader.stringStart, reader.offset, name))
        malformed(`subdocument option ${name}`);
    }
    reader.any(1);
  }
}

function isAscii(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}
