import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { messageYjsSyncStep2, readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';
import type { DialectName } from '../session.ts';

/** A client as the stock providers are: the same frames, the same count of unsaved changes; no socket. */
export class StockClient {
  readonly document: Y.Doc = new Y.Doc();
  readonly dialect: DialectName;
  readonly #send: (frame: Uint8Array) => void;
  #isOnline = false;
  #unsaved = 0;
  synced = false;

  constructor(dialect: DialectName, clientId: number, send: (frame: Uint8Array) => void) {
    this.dialect = dialect;
    this.document.clientID = clientId;
    this.#send = send;
    this.document.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === this) return;
      this.#unsaved++;
      this.#say(0, (encoder) => writeUpdate(encoder, update));
    });
  }

  /** Changes the server has not confirmed, as @hocuspocus/provider counts them. */
  get unsaved(): number {
    return this.#unsaved;
  }

  /** Clock up to which it has edited. */
  get clock(): number {
    return Y.getState(this.document.store, this.document.clientID);
  }

  connect(): void {
    this.#isOnline = true;
    if (this.dialect === 'hocuspocus') {
      this.#say(2, (encoder) => {
        encoding.writeVarUint(encoder, 0);
        encoding.writeVarString(encoder, 'token');
      });
    }
    this.#unsaved = 1;
    this.#say(0, (encoder) => writeSyncStep1(encoder, this.document));
  }

  disconnect(): void {
    this.#isOnline = false;
    this.synced = false;
  }

  receive(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame);
    if (this.dialect === 'hocuspocus') decoding.readVarString(decoder);
    const type = decoding.readVarUint(decoder);
    if (type === 8 && decoding.readVarInt(decoder) === 1 && this.#unsaved > 0) this.#unsaved--;
    if (type !== 0) return;
    const reply = encoding.createEncoder();
    const step = readSyncMessage(decoder, reply, this.document, this);
    if (step === messageYjsSyncStep2) this.synced = true;
    if (encoding.length(reply) === 0) return;
    const answer = encoding.toUint8Array(reply);
    this.#say(0, (encoder) => encoding.writeUint8Array(encoder, answer));
  }

  #say(type: number, write: (encoder: encoding.Encoder) => void): void {
    if (!this.#isOnline) return;
    const encoder = encoding.createEncoder();
    if (this.dialect === 'hocuspocus') encoding.writeVarString(encoder, 'a');
    encoding.writeVarUint(encoder, type);
    write(encoder);
    this.#send(encoding.toUint8Array(encoder));
  }
}
