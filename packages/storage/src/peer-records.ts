import type { ByteReader, ReplicaId } from '@hearsay/core';
import { put } from './database.ts';
import type { DatabaseHandle } from './database-handle.ts';
import { readRecord, sealRecord } from './envelope.ts';
import { type PeerRecord, peerKey, stateKey } from './keys.ts';
import type { WriteRecords } from './record-writer.ts';
import { decodeNumber, encodeNumber } from './records.ts';

/** Cursors of peers and small records of the engine's. A damaged one reads as never written. */
export interface PeerRecords {
  cursor(peer: ReplicaId, record: PeerRecord): Promise<number | undefined>;
  setCursor(peer: ReplicaId, record: PeerRecord, cursor: number): Promise<void>;
  readState(name: string): Promise<Uint8Array | undefined>;
  writeState(name: string, value: Uint8Array): Promise<void>;
}

export function createPeerRecords(handle: DatabaseHandle, write: WriteRecords): PeerRecords {
  async function read<T>(key: Uint8Array, decode: (reader: ByteReader) => T): Promise<T | undefined> {
    const value = await handle.read((database) => database.get(key));
    return value === undefined ? undefined : readRecord(key, value, decode);
  }

  // A cursor that could not be written is only an old one: its owner hears the same once more.
  async function keep(key: Uint8Array, payload: Uint8Array): Promise<void> {
    await write([put(key, sealRecord(key, payload))]);
  }

  return {
    cursor: (peer, record) => read(peerKey(peer, record), decodeNumber),
    setCursor: (peer, record, cursor) => keep(peerKey(peer, record), encodeNumber(cursor)),
    readState: (name) => read(stateKey(name), (reader) => reader.rest()),
    writeState: (name, value) => keep(stateKey(name), value),
  };
}
