import { HearsayProvider } from '@hearsay/client';
import * as Y from 'yjs';
import { releases, type StockClient } from '../../interop/clients.ts';
import type { HerdClient } from './herd-client.ts';

/** What providers can do that the herd needs. */
type Provider = Pick<StockClient, 'document' | 'synced' | 'unsaved' | 'connected' | 'connect' | 'destroy'>;

export type ProviderKind = 'hearsay' | 'y-websocket' | 'hocuspocus';

/** A real provider as it is, with its own back-off. */
export class ProviderClient implements HerdClient {
  readonly document: string;
  readonly acknowledged: string[] = [];
  readonly attempts = 0;
  readonly #open: () => Provider;
  #provider: Provider | undefined;
  #written: string[] = [];

  constructor(kind: ProviderKind, url: string, document: string) {
    this.document = document;
    this.#open = () => openers[kind](url, document);
  }

  start(): void {
    this.#provider = this.#open();
  }

  isServed(): boolean {
    const provider = this.#provider;
    return provider?.connected() === true && provider.synced() && (provider.unsaved() ?? 0) === 0;
  }

  write(token: string): void {
    if (this.#provider?.unsaved() === undefined) return;
    this.#written.push(token);
    this.#provider.document.getMap('tokens').set(token, 1);
  }

  review(): void {
    if (this.#written.length === 0 || this.#provider?.unsaved() !== 0) return;
    this.acknowledged.push(...this.#written);
    this.#written = [];
  }

  end(): void {
    this.#provider?.destroy();
  }
}

const openers: Readonly<Record<ProviderKind, (url: string, document: string) => Provider>> = {
  hearsay: openHearsay,
  'y-websocket': (url, document) => stock('y-websocket 3.1', url, document),
  hocuspocus: (url, document) => stock('Hocuspocus 4.8', url, document),
};

function stock(release: string, url: string, document: string): Provider {
  const open = releases[release];
  if (open === undefined) throw new Error(`there is no ${release}`);
  return open(url, document);
}

let opened = 0;

/** Providers of one program share a socket for each address: here each has an address of its own. */
function openHearsay(url: string, name: string): Provider {
  const document = new Y.Doc();
  const provider = new HearsayProvider(`${url}/?of=${process.pid}-${++opened}`, name, document, {
    storage: false,
  });
  return {
    document,
    synced: () => provider.synced,
    unsaved: () => provider.unsaved,
    connected: () => provider.synced,
    connect: () => {},
    destroy: () => {
      provider.destroy();
      document.destroy();
    },
  };
}
