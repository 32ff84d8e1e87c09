import type { Awareness } from 'y-protocols/awareness';
import type { ResetReason } from '../channel/channel-types.ts';
import type { CopyDatabase } from '../copy/database.ts';
import type { ProviderState } from './provider-state.ts';
import type { SaveLevel } from './saved-waiters.ts';

export interface ProviderOptions {
  /** For servers that ask for one. A function is asked at every login, and again when a token is about to end. */
  readonly token?: string | (() => string | Promise<string>);
  /** Who is there; made when it is not given. null: nobody is told. */
  readonly awareness?: Awareness | null;
  /**
   * Where the document is kept on this device: the name of an IndexedDB database in browsers, a directory in Node, or an
   * open database of the Level family with keys as strings and values as bytes. false: nowhere. Without it browsers keep
   * it and Node does not.
   */
  readonly storage?: string | CopyDatabase | false;
  /** false: stays offline until `connect()`. */
  readonly connect?: boolean;
}

export interface SaveOptions {
  /** Default: `local`. */
  readonly level?: SaveLevel;
  readonly signal?: AbortSignal;
}

/** The document was deleted, or created anew; what was here is of an earlier life, and is merged into nothing. */
export interface ProviderReset {
  readonly reason: ResetReason;
  /** Present life of the document; 0: there is none. */
  readonly life: number;
  /** All that was here, as one Yjs update. It is kept on the device too, where there is storage: `copiesAside()`. */
  readonly update: Uint8Array;
  /** Edits in it that no server had. */
  readonly unsaved: number;
}

/** Events, with the arguments that listeners get. */
export type ProviderEvents = {
  /** In the words of y-websocket, and as a value. */
  readonly status: (event: {
    readonly status: 'connected' | 'connecting' | 'disconnected';
    readonly state: ProviderState;
  }) => void;
  /** Whether all that the server had when it was asked has arrived. */
  readonly sync: (isSynced: boolean) => void;
  /** The same. */
  readonly synced: (isSynced: boolean) => void;
  /** What this device keeps is in the document. */
  readonly loaded: () => void;
  /** How many edits of this device no server has synced to disk. */
  readonly unsaved: (count: number) => void;
  readonly reset: (event: ProviderReset) => void;
  readonly 'connection-close': (event: { readonly code: number; readonly reason: string }) => void;
  /** An attempt to connect came to nothing. */
  readonly 'connection-error': (event: { readonly reason: string }) => void;
  /** The device does not keep what it should. The document goes on without. */
  readonly 'storage-error': (error: unknown) => void;
};
