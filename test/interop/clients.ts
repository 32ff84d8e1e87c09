import {
  HocuspocusProvider as Hocuspocus4,
  HocuspocusProviderWebsocket as Socket4,
} from '@hocuspocus/provider';
import {
  HocuspocusProvider as Hocuspocus2,
  HocuspocusProviderWebsocket as Socket2,
} from 'hocuspocus-provider-2';
import {
  HocuspocusProvider as Hocuspocus3,
  HocuspocusProviderWebsocket as Socket3,
} from 'hocuspocus-provider-3';
import { WebSocket } from 'ws';
import { WebsocketProvider as YWebsocket31 } from 'y-websocket';
import { WebsocketProvider as YWebsocket1 } from 'y-websocket-1';
import { WebsocketProvider as YWebsocket2 } from 'y-websocket-2';
import { WebsocketProvider as YWebsocket30 } from 'y-websocket-3.0';
import * as Y from 'yjs';

/** A stock provider of some release, as the tests drive it. */
export interface StockClient {
  readonly name: string;
  readonly document: Y.Doc;
  text(): Y.Text;
  /** Presence of everybody it knows, by client id. */
  presence(): ReadonlyMap<number, { readonly [key: string]: unknown }>;
  announce(state: Readonly<Record<string, unknown>>): void;
  synced(): boolean;
  /** Changes the server has not confirmed; undefined where the dialect has no such count. */
  unsaved(): number | undefined;
  connected(): boolean;
  /** Cuts its connection; it does not come back until told. */
  disconnect(): void;
  connect(): void;
  destroy(): void;
}

export type StockRelease = (url: string, name: string) => StockClient;

interface AwarenessLike {
  getStates(): Map<number, Record<string, unknown>>;
  setLocalState(state: Record<string, unknown> | null): void;
}

interface YWebsocketLike {
  readonly wsconnected: boolean;
  readonly synced: boolean;
  readonly awareness: AwarenessLike;
  connect(): void;
  disconnect(): void;
  destroy(): void;
}

type YWebsocketConstructor = new (
  url: string,
  room: string,
  document: Y.Doc,
  options: { WebSocketPolyfill: typeof globalThis.WebSocket; disableBc: boolean },
) => YWebsocketLike;

const polyfill = WebSocket as unknown as typeof globalThis.WebSocket;

function yWebsocket(release: string, Provider: YWebsocketConstructor): StockRelease {
  return (url, name) => {
    const document = new Y.Doc();
    const provider = new Provider(url, name, document, { WebSocketPolyfill: polyfill, disableBc: true });
    return {
      name: release,
      document,
      text: () => document.getText('text'),
      presence: () => provider.awareness.getStates(),
      announce: (state) => provider.awareness.setLocalState({ ...state }),
      synced: () => provider.synced,
      unsaved: () => undefined,
      connected: () => provider.wsconnected,
      disconnect: () => provider.disconnect(),
      connect: () => provider.connect(),
      destroy: () => {
        provider.destroy();
        document.destroy();
      },
    };
  };
}

interface SocketLike {
  readonly status: string;
  connect(): unknown;
  disconnect(): void;
  destroy(): void;
}

interface HocuspocusLike {
  readonly synced: boolean;
  readonly unsyncedChanges: number;
  readonly awareness: AwarenessLike | null;
  attach?(): void;
  destroy(): void;
}

type SocketConstructor = new (options: { url: string; WebSocketPolyfill: unknown }) => SocketLike;
type HocuspocusConstructor = new (options: {
  websocketProvider: never;
  name: string;
  document: Y.Doc;
  token: string;
}) => HocuspocusLike;

function hocuspocus(release: string, Provider: unknown, Socket: unknown): StockRelease {
  return (url, name) => {
    const document = new Y.Doc();
    const socket = new (Socket as SocketConstructor)({ url, WebSocketPolyfill: WebSocket });
    const provider = new (Provider as HocuspocusConstructor)({
      websocketProvider: socket as never,
      name,
      document,
      token: 'anonymous',
    });
    provider.attach?.();
    return {
      name: release,
      document,
      text: () => document.getText('text'),
      presence: () => provider.awareness?.getStates() ?? new Map(),
      announce: (state) => provider.awareness?.setLocalState({ ...state }),
      synced: () => provider.synced,
      unsaved: () => provider.unsyncedChanges,
      connected: () => socket.status === 'connected',
      disconnect: () => socket.disconnect(),
      connect: () => void socket.connect(),
      destroy: () => {
        provider.destroy();
        socket.destroy();
        document.destroy();
      },
    };
  };
}

/** Every release that has to work unchanged. */
export const releases: Readonly<Record<string, StockRelease>> = {
  'y-websocket 1.5': yWebsocket('y-websocket 1.5', YWebsocket1 as YWebsocketConstructor),
  'y-websocket 2.1': yWebsocket('y-websocket 2.1', YWebsocket2 as YWebsocketConstructor),
  'y-websocket 3.0': yWebsocket('y-websocket 3.0', YWebsocket30 as YWebsocketConstructor),
  'y-websocket 3.1': yWebsocket('y-websocket 3.1', YWebsocket31 as YWebsocketConstructor),
  'Hocuspocus 2.15': hocuspocus('Hocuspocus 2.15', Hocuspocus2, Socket2),
  'Hocuspocus 3.4': hocuspocus('Hocuspocus 3.4', Hocuspocus3, Socket3),
  'Hocuspocus 4.8': hocuspocus('Hocuspocus 4.8', Hocuspocus4, Socket4),
};
