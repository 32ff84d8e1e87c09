import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { createHearsay, type Hearsay, type HearsayOptions } from '../embedded/create-hearsay.ts';
import type { HearsayNode } from '../node.ts';
import { createLog } from '../telemetry/log.ts';

/** Nodes and clients of one test, all of them gone at its end. */
export class Bench {
  readonly #endings: (() => unknown)[] = [];
  #logged = '';

  /** Everything that nodes have logged. */
  get logged(): string {
    return this.#logged;
  }

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'hearsay-server-'));
    this.#endings.push(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  async node(settings: HearsayOptions = {}): Promise<Hearsay> {
    const data = settings.data ?? (await this.directory());
    const output = new PassThrough();
    output.on('data', (chunk) => {
      this.#logged += String(chunk);
    });
    const log = createLog({ level: 'trace', format: 'json', output });
    const node = await createHearsay({ port: 0, ...settings, data, log });
    this.#endings.push(() => node.stop());
    return node;
  }

  /** A stock client of a document. */
  client(node: HearsayNode, name: string): { doc: Y.Doc; provider: WebsocketProvider; text: () => string } {
    const doc = new Y.Doc();
    const provider = new WebsocketProvider(node.clientUrl, name, doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
    });
    this.#endings.push(() => {
      provider.destroy();
      doc.destroy();
    });
    return { doc, provider, text: () => doc.getText('text').toString() };
  }

  /** A stock client that knows what of its own is acknowledged. */
  hocuspocus(node: HearsayNode, name: string): HocuspocusProvider {
    const WebSocketPolyfill = WebSocket as unknown as typeof globalThis.WebSocket;
    const websocketProvider = new HocuspocusProviderWebsocket({ url: node.clientUrl, WebSocketPolyfill });
    const provider = new HocuspocusProvider({ websocketProvider, name, document: new Y.Doc() });
    provider.attach();
    this.#endings.push(() => {
      provider.destroy();
      websocketProvider.destroy();
    });
    return provider;
  }

  /** A bare socket, open. */
  async socket(node: HearsayNode, path: string, headers: Record<string, string> = {}): Promise<WebSocket> {
    const socket = new WebSocket(`${node.clientUrl}${path}`, { headers });
    this.#endings.push(() => socket.terminate());
    socket.on('error', () => {});
    await new Promise((resolve, reject) => socket.once('open', resolve).once('close', reject));
    return socket;
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending();
  }
}

/** The code a socket is closed with. */
export function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve));
}

/** Waits until a condition holds; the test's own timeout bounds it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
