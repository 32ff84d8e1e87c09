import { type DecodeError, err, ok, type Result, type TaggedError, taggedError } from '@hearsay/core';
import { crc32 } from './checksum.ts';
import type { MessageDefinition } from './message-definition.ts';
import { type Channel, messageTable, type PeerMessage } from './message-table.ts';
import { packValue, unpackValue } from './value.ts';

/**
 * Why a frame is not taken. `FRAME_DAMAGED` is an accident on the way, the others are the sender's fault; none of them
 * leaves a trace but the closed link.
 */
export type FrameError = TaggedError<'FRAME_DAMAGED' | 'FRAME_UNKNOWN_TYPE'> | DecodeError;

/**
 * A frame: CRC-32 of the rest (4 bytes, big-endian), the code of the message with the top bit set when it may be
 * ignored (1 byte), and its fields as one MessagePack array.
 */
export function encodeFrame({ channel, message }: PeerMessage): Uint8Array {
  const { definition } = byName(channel, message.type);
  const body = packValue(definition, message);
  const frame = new Uint8Array(headerBytes + body.byteLength);
  frame[4] = definition.code | (definition.optional ? optionalBit : 0);
  frame.set(body, headerBytes);
  new DataView(frame.buffer).setUint32(0, crc32(frame.subarray(4)));
  return frame;
}

/** Null for a message that is unknown here and may be ignored. Byte fields are views into `frame`. */
export function decodeFrame(frame: Uint8Array): Result<PeerMessage | null, FrameError> {
  if (frame.byteLength < headerBytes) return err(taggedError('FRAME_DAMAGED', 'frame is too short'));
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0) !== crc32(frame.subarray(4))) {
    return err(taggedError('FRAME_DAMAGED', 'checksum is wrong', true));
  }
  const kind = view.getUint8(4);
  const entry = byCode.get(kind & ~optionalBit);
  if (entry === undefined) {
    if (kind & optionalBit) return ok(null);
    return err(taggedError('FRAME_UNKNOWN_TYPE', `no message has the code ${kind}`));
  }
  const unpacked = unpackValue(entry.definition, frame.subarray(headerBytes));
  if (!unpacked.ok) return unpacked;
  // The table pairs every channel with its own messages; the compiler cannot follow it through the map.
  return ok({ channel: entry.channel, message: unpacked.value } as PeerMessage);
}

const headerBytes = 5;
const optionalBit = 0x80;

interface TableEntry {
  readonly name: string;
  readonly channel: Channel;
  readonly definition: MessageDefinition<PeerMessage['message']>;
}

const entries: readonly TableEntry[] = Object.entries(messageTable).flatMap(([channel, definitions]) =>
  Object.entries<TableEntry['definition']>(definitions).map(([type, definition]) => ({
    name: `${channel}.${type}`,
    channel: channel as Channel,
    definition,
  })),
);
const byCode: ReadonlyMap<number, TableEntry> = new Map(
  entries.map((entry) => [entry.definition.code, entry]),
);
const byNames: ReadonlyMap<string, TableEntry> = new Map(entries.map((entry) => [entry.name, entry]));

function byName(channel: Channel, type: string): TableEntry {
  const entry = byNames.get(`${channel}.${type}`);
  if (entry === undefined) throw new Error(`no message ${channel}.${type}`);
  return entry;
}
