import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { HearsayProvider } from '@hearsay/client';
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
import { schema } from 'prosemirror-schema-basic';
import { EditorState as RichState } from 'prosemirror-state';
import { EditorView as RichView } from 'prosemirror-view';
import { yCollab } from 'y-codemirror.next';
import { IndexeddbPersistence } from 'y-indexeddb';
import { ySyncPlugin } from 'y-prosemirror';
import { Awareness } from 'y-protocols/awareness';
import { WebsocketProvider as YWebsocket31 } from 'y-websocket';
import { WebsocketProvider as YWebsocket1 } from 'y-websocket-1';
import { WebsocketProvider as YWebsocket2 } from 'y-websocket-2';
import { WebsocketProvider as YWebsocket30 } from 'y-websocket-3.0';
import * as Y from 'yjs';

/** What a test has the page do; `window.mixed`. */
export interface MixedPage {
  /** Ten clients of one document, each on the next of the servers; two of them keep a copy in IndexedDB too. */
  open(servers: readonly string[]): void;
  synced(): boolean;
  /** Every client does one edit in its rich text, its code and its map. */
  edit(round: number): void;
  /** The contents as each client has them, and as its editors show them. */
  contents(): readonly string[];
  shown(): readonly string[];
  names(): readonly string[];
  /** Of the copies in IndexedDB, opened anew. */
  kept(): Promise<readonly string[]>;
}

declare global {
  interface Window {
    mixed: MixedPage;
  }
}

interface Client {
  readonly name: string;
  readonly doc: Y.Doc;
  readonly rich: RichView;
  readonly code: EditorView;
  synced(): boolean;
}

const room = 'mixed';
const clients: Client[] = [];
const stores: IndexeddbPersistence[] = [];

type Connect = (url: string, doc: Y.Doc) => { synced(): boolean };

interface YWebsocketLike {
  readonly synced: boolean;
}

type YWebsocketConstructor = new (
  url: string,
  room: string,
  doc: Y.Doc,
  options: { disableBc: boolean },
) => YWebsocketLike;

function yWebsocket(Provider: unknown): Connect {
  return (url, doc) => {
    const provider = new (Provider as YWebsocketConstructor)(url, room, doc, { disableBc: true });
    return { synced: () => provider.synced };
  };
}

interface HocuspocusLike {
  readonly synced: boolean;
  attach?(): void;
}

type HocuspocusConstructor = new (options: {
  websocketProvider: unknown;
  name: string;
  document: Y.Doc;
  token: string;
}) => HocuspocusLike;

function hocuspocus(Provider: unknown, Socket: unknown): Connect {
  return (url, doc) => {
    const websocketProvider = new (Socket as new (options: { url: string }) => object)({ url });
    const options = { websocketProvider, name: room, document: doc, token: 'anonymous' };
    const provider = new (Provider as HocuspocusConstructor)(options);
    provider.attach?.();
    return { synced: () => provider.synced };
  };
}

function ours(): Connect {
  return (url, doc) => {
    const provider = new HearsayProvider(url, room, doc, {});
    return { synced: () => provider.state.name === 'live' };
  };
}

const kinds: readonly (readonly [string, Connect])[] = [
  ['y-websocket 1.5', yWebsocket(YWebsocket1)],
  ['y-websocket 2.1', yWebsocket(YWebsocket2)],
  ['y-websocket 3.0', yWebsocket(YWebsocket30)],
  ['y-websocket 3.1', yWebsocket(YWebsocket31)],
  ['Hocuspocus 2.15', hocuspocus(Hocuspocus2, Socket2)],
  ['Hocuspocus 3.4', hocuspocus(Hocuspocus3, Socket3)],
  ['Hocuspocus 4.8', hocuspocus(Hocuspocus4, Socket4)],
  ['Hearsay', ours()],
  ['y-websocket 3.1 and y-indexeddb', yWebsocket(YWebsocket31)],
  ['Hocuspocus 4.8 and y-indexeddb', hocuspocus(Hocuspocus4, Socket4)],
];

function contentOf(doc: Y.Doc): string {
  const essay = doc.getXmlFragment('essay').toString();
  return JSON.stringify([essay, doc.getText('code').toString(), sorted(doc.getMap('map').toJSON())]);
}

/** A map has no order; that of its JSON is by what came first. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

window.mixed = {
  open(servers) {
    for (const [index, [name, connect]] of kinds.entries()) {
      const doc = new Y.Doc();
      const rich = new RichView(document.body, {
        state: RichState.create({ schema, plugins: [ySyncPlugin(doc.getXmlFragment('essay'))] }),
      });
      const text = doc.getText('code');
      const state = EditorState.create({
        doc: text.toString(),
        extensions: [yCollab(text, new Awareness(doc))],
      });
      const code = new EditorView({ state, parent: document.body });
      if (name.includes('y-indexeddb')) stores.push(new IndexeddbPersistence(`kept ${index}`, doc));
      const { synced } = connect(servers[index % servers.length] ?? '', doc);
      clients.push({ name, doc, rich, code, synced });
    }
  },
  synced: () => clients.every(({ synced }) => synced()),
  edit(round) {
    for (const [index, { doc, rich, code }] of clients.entries()) {
      const word = `${index}.${round} `;
      const at = 1 + ((round * 7 + index * 3) % Math.max(1, rich.state.doc.content.size - 1));
      const end = rich.state.doc.resolve(Math.min(at, rich.state.doc.content.size));
      const transaction = rich.state.tr.insertText(word, end.parent.isTextblock ? end.pos : 1);
      if (round % 3 === index % 3) transaction.addMark(1, 3, schema.mark('strong'));
      if (round % 5 === index % 5) transaction.insert(rich.state.doc.content.size, schema.node('paragraph'));
      rich.dispatch(transaction);
      code.dispatch({ changes: { from: (round * 11 + index) % (code.state.doc.length + 1), insert: word } });
      const map = doc.getMap<Y.Map<unknown>>('map');
      const nested = map.get(`group ${index % 3}`) ?? new Y.Map();
      if (!map.has(`group ${index % 3}`)) map.set(`group ${index % 3}`, nested);
      map.get(`group ${index % 3}`)?.set(`of ${index}`, { round });
    }
  },
  contents: () => clients.map(({ doc }) => contentOf(doc)),
  shown: () =>
    clients.map(({ rich, code }) => JSON.stringify([rich.state.doc.textContent, code.state.doc.toString()])),
  names: () => clients.map(({ name }) => name),
  async kept() {
    for (const store of stores) await store.destroy();
    return Promise.all(
      stores.map(async ({ name }) => {
        const doc = new Y.Doc();
        await new IndexeddbPersistence(name, doc).whenSynced;
        return contentOf(doc);
      }),
    );
  },
};
