import { HearsayProvider, type SaveLevel } from '@hearsay/client';
import * as Y from 'yjs';

/** What a test has the page do; `window.provider`. */
export interface ProviderPage {
  /** Opens the document of this profile; resolves when what is kept here is in it. */
  open(server: string): Promise<void>;
  text(): string;
  client(): number;
  state(): string;
  unsaved(): number;
  /** Who is there, by client id. */
  present(): readonly number[];
  /** Puts `count` words, `PREFIX0;` and so on, one edit each, at the end. */
  write(prefix: string, count: number): void;
  whenSaved(level?: SaveLevel): Promise<void>;
  /** WebSockets this page has opened so far. */
  sockets(): number;
  /** Errors of the storage. */
  errors(): readonly string[];
}

declare global {
  interface Window {
    provider: ProviderPage;
  }
}

let sockets = 0;
const errors: string[] = [];
const doc: Y.Doc = new Y.Doc();
const text: Y.Text = doc.getText('text');
let provider: HearsayProvider | undefined;

globalThis.WebSocket = class extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    sockets++;
  }
};

function opened(): HearsayProvider {
  if (provider === undefined) throw new Error('no document is open');
  return provider;
}

window.provider = {
  async open(server) {
    provider = new HearsayProvider(server, 'notes', doc);
    provider.on('storage-error', (error) => errors.push(String(error)));
    await provider.whenLoaded;
  },
  text: () => text.toString(),
  client: () => doc.clientID,
  state: () => opened().state.name,
  unsaved: () => opened().unsaved,
  present: () => [...(opened().awareness?.getStates().keys() ?? [])].sort(),
  write(prefix, count) {
    for (let word = 0; word < count; word++) text.insert(text.length, `${prefix}${word};`);
  },
  whenSaved: (level = 'local') => opened().whenSaved({ level }),
  sockets: () => sockets,
  errors: () => errors,
};
