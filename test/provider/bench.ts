import { HearsayProvider, type ProviderOptions, type ProviderState } from '@hearsay/client';
import type { HearsayNode } from '@hearsay/server';
import * as Y from 'yjs';
import { Bench, textOn } from '../replica/bench.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** A provider with its document. */
export interface Client {
  readonly provider: HearsayProvider;
  readonly doc: Y.Doc;
  readonly text: Y.Text;
}

/** Nodes and providers of one test, all of them gone at its end. */
export class ProviderBench extends Bench {
  client(url: string, options: ProviderOptions = {}, name = 'notes'): Client {
    const doc = new Y.Doc();
    const provider = new HearsayProvider(url, name, doc, options);
    this.after(() => provider.destroy());
    return { provider, doc, text: doc.getText('text') };
  }

  /** A network in front of a node. */
  async network(node: HearsayNode): Promise<TcpProxy & { readonly url: string }> {
    const proxy = await startTcpProxy(() => node.port);
    this.after(() => proxy.close());
    return { ...proxy, url: `ws://127.0.0.1:${proxy.port}` };
  }
}

export function untilState({ provider }: Client, name: ProviderState['name']): Promise<void> {
  return eventually(`the provider to be ${name}, not ${JSON.stringify(provider.state)}`, () => {
    return provider.state.name === name;
  });
}

export function untilText({ text }: Client, expected: string): Promise<void> {
  return eventually(`the text "${expected.slice(0, 40)}"`, () => text.toString() === expected);
}

/** What the document says on a node. */
export function savedText(node: HearsayNode, name = 'notes'): Promise<string | undefined> {
  return textOn(node, name, 'default');
}
