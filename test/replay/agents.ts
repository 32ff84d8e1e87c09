import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { type StepUpdate, textName } from './author.ts';

/** A stock y-websocket provider on one node, with the document it keeps in sync. */
export interface Participant {
  readonly url: string;
  readonly document: Y.Doc;
  text(): string;
  /** Resolves once the document holds the update. */
  holds(update: StepUpdate): Promise<void>;
  /** Makes an update known to the node, as an editor would. */
  publish(update: Uint8Array): void;
  /** Resolves when the socket has little left to send. */
  flushed(): Promise<void>;
  leave(): void;
}

export function join(url: string, documentName: string): Participant {
  const document = new Y.Doc();
  const provider = new WebsocketProvider(url, documentName, document, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  const waiting = new Set<() => void>();
  document.on('update', () => {
    for (const check of waiting) check();
  });
  return {
    url,
    document,
    text: () => document.getText(textName).toString(),
    holds: ({ client, clock }) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (Y.getState(document.store, client) < clock) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    publish: (update) => Y.applyUpdate(document, update, 'author'),
    flushed: async () => {
      while ((provider.ws?.bufferedAmount ?? 0) > maxBufferedBytes) await new Promise(setImmediate);
      await new Promise(setImmediate);
    },
    leave: () => {
      provider.destroy();
      document.destroy();
    },
  };
}

const maxBufferedBytes = 65_536;
