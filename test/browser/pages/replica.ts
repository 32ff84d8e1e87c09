import { openReplica, type Replica, type ReplicaDocument, type ReplicaStatus } from '@hearsay/client/replica';

/** What a test has the page do; `window.replicas`. */
export interface ReplicaPage {
  /** Opens the replica of this profile; gives the milliseconds it took. */
  open(options: { readonly server: string; readonly prefix?: string }): Promise<number>;
  /** Waits until it is live; gives the milliseconds it took, and all progress that was told. */
  live(): Promise<{ readonly ms: number; readonly progress: readonly number[] }>;
  status(): ReplicaStatus;
  list(): Promise<readonly string[]>;
  text(name: string): Promise<string>;
  /** Appends to a document; resolves when that is durable in the page. */
  append(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

declare global {
  interface Window {
    replicas: ReplicaPage;
  }
}

const collection = 'notes';
const documents = new Map<string, ReplicaDocument>();
const progress: number[] = [];
let replica: Replica | undefined;

function opened(): Replica {
  if (replica === undefined) throw new Error('no replica is open');
  return replica;
}

async function document(name: string): Promise<ReplicaDocument> {
  const known = documents.get(name);
  if (known !== undefined) return known;
  const open = await opened().open(collection, name);
  documents.set(name, open);
  return open;
}

window.replicas = {
  async open({ server, prefix = '' }) {
    const at = performance.now();
    replica = await openReplica({ collections: [collection], prefix, storage: 'notes', servers: [server] });
    replica.on('progress', ({ documents: here }) => progress.push(here));
    return performance.now() - at;
  },
  async live() {
    const at = performance.now();
    await opened().whenLive();
    return { ms: performance.now() - at, progress: progress.splice(0) };
  },
  status: () => opened().status(),
  list: async () => (await opened().list(collection, '', 100_000)).map(({ name }) => name),
  text: async (name) => (await document(name)).doc.getText('text').toString(),
  async append(name, text) {
    const open = await document(name);
    const shared = open.doc.getText('text');
    shared.insert(shared.length, text);
    await open.whenStored();
  },
  async close() {
    await opened().close();
    documents.clear();
    replica = undefined;
  },
};
