import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminToken, type NodeStatus } from '@hearsay/server';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import { startTcpProxy, type TcpProxy, type TcpProxyOptions } from '../support/tcp-proxy.ts';

// Every stock provider listens for the end of the process.
process.setMaxListeners(0);

/** Shared by all nodes of these tests. */
export const testSecret = '5f0c7ab1e99d42c6b83a1740d2ce96fb';

export interface NodeOptions {
  /** Directory of its store; a fresh one when not given. */
  readonly data?: string;
  readonly join?: readonly string[];
  readonly port?: number;
  readonly secret?: string;
  readonly cluster?: string;
  /** File descriptors it may have open. */
  readonly descriptors?: number;
  /** Text (PEM) of the authority of its certificate, where it speaks TLS. */
  readonly authority?: string;
  /** Options of Node.js itself. */
  readonly runtime?: readonly string[];
  /** Further arguments of `serve`. */
  readonly with?: readonly string[];
}

export interface Client {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
  text(): string;
}

/** Real nodes, clients and relays of one test, all of them gone at its end. */
export class Cluster {
  readonly #endings: (() => unknown)[] = [];

  /** Runs `ending` at the end, last come first served. */
  after(ending: () => unknown): void {
    this.#endings.push(ending);
  }

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'hearsay-cluster-'));
    this.#endings.push(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  async node(options: NodeOptions = {}): Promise<NodeProcess> {
    const data = options.data ?? (await this.directory());
    const node = await startNodeProcess(
      options.port ?? (await freePort()),
      [
        ...['--data', data, '--cluster', options.cluster ?? 'test', '--log-format', 'json'],
        // Ten times as often as by default, so that tests do not wait.
        ...['--repair-interval', '1000'],
        ...(options.join ?? []).flatMap((url) => ['--join', url]),
        ...(options.with ?? []),
      ],
      { HEARSAY_SECRET: options.secret ?? testSecret },
      { descriptors: options.descriptors, authority: options.authority, runtime: options.runtime },
    );
    this.#endings.push(() => node.stop('SIGKILL'));
    return node;
  }

  /** Nodes that all join the first. */
  async nodes(count: number, options: NodeOptions = {}): Promise<NodeProcess[]> {
    const first = await this.node(options);
    const others = Array.from({ length: count - 1 }, () => this.node({ ...options, join: [first.url] }));
    return [first, ...(await Promise.all(others))];
  }

  async relay(port: () => number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const relay = await startTcpProxy(port, options);
    this.#endings.push(() => relay.close());
    return relay;
  }

  /** A stock client of a document on a node. */
  client(node: Pick<NodeProcess, 'url'>, name: string): Client {
    const doc = new Y.Doc();
    const provider = new WebsocketProvider(node.url, name, doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      maxBackoffTime: 200,
    });
    this.#endings.push(() => {
      provider.destroy();
      doc.destroy();
    });
    return { doc, provider, text: () => doc.getText('text').toString() };
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending();
  }
}

export async function statusOf(node: Pick<NodeProcess, 'http'>): Promise<NodeStatus> {
  return (await (await fetch(`${node.http}/api/status`)).json()) as NodeStatus;
}

/** What one request that changes something shows to a node. */
export async function proofFor(node: Pick<NodeProcess, 'http'>): Promise<string> {
  const { node: named } = (await (await fetch(`${node.http}/readyz`)).json()) as { readonly node: string };
  return `Bearer ${await adminToken(testSecret, named)}`;
}

/** All indexes of a node as one string. */
export async function rootsOf(node: Pick<NodeProcess, 'http'>): Promise<string> {
  const { roots } = await statusOf(node);
  return roots.map(({ collection, count, digest }) => `${collection} ${count} ${digest}`).join('\n');
}

/** Waits until all nodes hold the same documents, and at least so many. */
export async function untilEqual(
  nodes: readonly Pick<NodeProcess, 'http'>[],
  minDocuments: number,
  timeoutMs?: number,
): Promise<void> {
  await eventually(
    'all nodes to be equal',
    async () => {
      const roots = await Promise.all(nodes.map(rootsOf));
      const statuses = await Promise.all(nodes.map(statusOf));
      const enough = statuses.every(({ documents }) => documents >= minDocuments);
      return enough && roots.every((root) => root === roots[0]);
    },
    timeoutMs,
  );
}

/** A document's shared types, as a node tells them; undefined when it has no such document. */
export async function contentOf(
  node: Pick<NodeProcess, 'http'>,
  name: string,
): Promise<Record<string, unknown> | undefined> {
  const answer = await fetch(`${node.http}/api/documents/default/${encodeURIComponent(name)}`);
  if (answer.status === 404) return undefined;
  return ((await answer.json()) as { content: Record<string, unknown> }).content;
}
