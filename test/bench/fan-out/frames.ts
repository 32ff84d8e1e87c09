import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';

/** What a client of one dialect sends, with nothing of a client library in between. */
export interface Dialect {
  readonly name: string;
  /** Path of the socket for a document. */
  path(documentName: string): string;
  /** Frames to send when the socket opens. */
  opening(documentName: string): Uint8Array[];
  /** One update. */
  update(documentName: string, update: Uint8Array): Uint8Array;
  /** The answer to a frame that asks for one (a server's sync step 1), or nothing. */
  answer(frame: Uint8Array): Uint8Array | undefined;
}

const emptyVector = Uint8Array.of(0);
const emptyUpdate = Uint8Array.of(0, 0);

function frame(write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode(write);
}

function writeSync(encoder: encoding.Encoder, step: 0 | 1 | 2, payload: Uint8Array): void {
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, payload);
}

export const yWebsocket: Dialect = {
  name: 'y-websocket',
  path: (documentName) => `/${documentName}`,
  opening: () => [frame((encoder) => writeSync(encoder, 0, emptyVector))],
  update: (_, update) => frame((encoder) => writeSync(encoder, 2, update)),
  answer: (received) =>
    received[0] === 0 && received[1] === 0
      ? frame((encoder) => writeSync(encoder, 1, emptyUpdate))
      : undefined,
};

export const hocuspocus: Dialect = {
  name: 'Hocuspocus',
  path: () => '/',
  opening: (documentName) => [
    frame((encoder) => {
      encoding.writeVarString(encoder, documentName);
      encoding.writeVarUint(encoder, 2);
      encoding.writeVarUint(encoder, 0);
      encoding.writeVarString(encoder, 'anonymous');
    }),
    frame((encoder) => {
      encoding.writeVarString(encoder, documentName);
      writeSync(encoder, 0, emptyVector);
    }),
  ],
  update: (documentName, update) =>
    frame((encoder) => {
      encoding.writeVarString(encoder, documentName);
      writeSync(encoder, 2, update);
    }),
  answer: (received) => {
    const decoder = decoding.createDecoder(received);
    const documentName = decoding.readVarString(decoder);
    if (decoding.readVarUint(decoder) !== 0 || decoding.readVarUint(decoder) !== 0) return undefined;
    return frame((encoder) => {
      encoding.writeVarString(encoder, documentName);
      writeSync(encoder, 1, emptyUpdate);
    });
  },
};

/** Text of the last update: receivers know by it that everything before has come. */
export const endMark = '\u2020end\u2020';

/** `count` updates of one client typing at the end of a text; the last one types the end mark. */
export function typedUpdates(count: number): Uint8Array[] {
  const document = new Y.Doc();
  const updates: Uint8Array[] = [];
  document.on('update', (update: Uint8Array) => updates.push(update));
  const text = document.getText('content');
  for (let i = 1; i < count; i++) text.insert(text.length, 'x');
  text.insert(text.length, endMark);
  document.destroy();
  return updates;
}
