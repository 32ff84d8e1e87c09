import { type ByteReader, ByteWriter, concat, decode, utf8Encode } from '@hearsay/core';
import { crc32 } from '#crc32';
import { type BackupDocument, BackupError, type BackupRecord } from './record.ts';

// A part is a line of text for people, then frames: length of what follows (4 bytes), kind (1 byte), payload, CRC-32 (4 bytes)
// over the sum of the frame before, kind and payload. The sums are a chain: no frame can be changed, left out or moved.

const magic: Uint8Array = utf8Encode('hearsay backup part, format 1\n');
const kinds = { start: 1, document: 2, end: 3 } as const;
const overheadBytes = 5;

/** More than any document a node can hold; a length beyond is damage. */
const maxFrameBytes = 1_073_741_824;

/** A part's bytes from its records. */
export async function* encodeBackup(records: AsyncIterable<BackupRecord>): AsyncGenerator<Uint8Array> {
  let sum = crc32(magic);
  yield magic;
  for await (const record of records) {
    const parts = encodeBody(record);
    const bytes = parts.reduce((total, { byteLength }) => total + byteLength, 0);
    // A large document is copied a chunk at a time, if at all: whoever takes them has turns in between.
    let chunk: Uint8Array[] = [uint32(bytes + 4)];
    let chunkBytes = 4;
    for (const part of parts) {
      sum = crc32(part, sum);
      chunk.push(part);
      chunkBytes += part.byteLength;
      if (chunkBytes < chunkLength && chunk.length < chunkParts) continue;
      yield concat(...chunk);
      chunk = [];
      chunkBytes = 0;
    }
    yield concat(...chunk, uint32(sum));
  }
}

/** Bytes of a chunk, but for one update that is larger. */
const chunkLength = 262_144;
const chunkParts = 4096;

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A part's records from its bytes, in chunks of any size. Throws a {@link BackupError} at the first wrong or missing byte. */
export async function* decodeBackup(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<BackupRecord> {
  const bytes = createSource(chunks);
  const head = await bytes.take(magic.byteLength);
  if (head === undefined || !head.every((byte, at) => byte === magic[at])) {
    throw new BackupError('BACKUP_UNSUPPORTED', 'this is no part of a backup that this version can read');
  }
  let sum = crc32(magic);
  let ended = false;
  for (let first = true; ; first = false) {
    const prefix = await bytes.take(4);
    if (prefix === undefined) break;
    if (ended) damaged('something follows its end');
    const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0);
    if (length < overheadBytes || length > maxFrameBytes) damaged('a length is out of range');
    const frame = (await bytes.take(length)) ?? damaged('it is cut short');
    const body = frame.subarray(0, -4);
    sum = crc32(body, sum);
    if (new DataView(frame.buffer, frame.byteOffset).getUint32(length - 4) !== sum)
      damaged('a checksum does not fit');
    const record = decodeBody(body);
    if ((record.kind === 'start') !== first) damaged('its records are out of order');
    ended = record.kind === 'end';
    yield record;
  }
  if (!ended) damaged('it is cut short');
}

function encodeBody(record: BackupRecord): readonly Uint8Array[] {
  const writer = new ByteWriter(256).byte(kinds[record.kind]);
  if (record.kind !== 'document') return [writer.bytes(utf8Encode(JSON.stringify(record))).finish()];
  const { updates, ...head } = record;
  const length = (update: Uint8Array): Uint8Array => new ByteWriter(8).varUint(update.byteLength).finish();
  return [
    writer.varString(JSON.stringify(head)).varUint(updates.length).finish(),
    ...updates.flatMap((update) => [length(update), update]),
  ];
}

/** The sums fit, so this is what some version of ours has written. */
function decodeBody(body: Uint8Array): BackupRecord {
  const kind = body[0];
  if (kind !== kinds.start && kind !== kinds.end && kind !== kinds.document) {
    throw new BackupError('BACKUP_UNSUPPORTED', 'it holds records that this version does not know');
  }
  try {
    if (kind !== kinds.document) return JSON.parse(new TextDecoder().decode(body.subarray(1)));
    const decoded = decode(body.subarray(1), readDocument);
    if (decoded.ok) return decoded.value;
  } catch {
    // Told below.
  }
  return damaged('a record cannot be read');
}

function readDocument(reader: ByteReader): BackupDocument {
  const head: Omit<BackupDocument, 'updates'> = JSON.parse(reader.varString());
  const count = reader.varUint();
  const updates: Uint8Array[] = [];
  while (updates.length < count) updates.push(reader.varBytes());
  return { ...head, updates };
}

interface Source {
  /** Exactly so many bytes; undefined at the very end; throws when there are fewer. */
  take(count: number): Promise<Uint8Array | undefined>;
}

function createSource(chunks: AsyncIterable<Uint8Array>): Source {
  const iterator = chunks[Symbol.asyncIterator]();
  let pending: Uint8Array[] = [];
  let size = 0;
  return {
    async take(count) {
      while (size < count) {
        const next = await iterator.next();
        if (next.done === true) break;
        pending.push(next.value);
        size += next.value.byteLength;
      }
      if (size === 0 && count > 0) return undefined;
      if (size < count) damaged('it is cut short');
      const joined = pending.length === 1 && pending[0] !== undefined ? pending[0] : join(pending, size);
      pending = joined.byteLength > count ? [joined.subarray(count)] : [];
      size -= count;
      return joined.subarray(0, count);
    },
  };
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return joined;
}

function damaged(what: string): never {
  throw new BackupError('BACKUP_DAMAGED', `a part of the backup is damaged: ${what}`);
}
