import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster } from './cluster.ts';

const cluster = new Cluster();
const tokenSecret = 'b5a9c2d07e6f4813a1d2c3e4f5061728';
const polyfill = WebSocket as unknown as typeof globalThis.WebSocket;

let nodes: readonly NodeProcess[];
let tokens = 0;

beforeAll(async () => {
  const serve = ['--token-secret', tokenSecret, '--token-in-url'];
  const first = await cluster.node({ with: serve });
  nodes = [first, await cluster.node({ with: serve, join: [first.url] })];
  const operator = await token('*', ['admin'], { collection: '*' });
  await eventually('the nodes to be linked', async () => {
    const answer = await fetch(`${first.http}/api/status`, { headers: bearer(operator) });
    return ((await answer.json()) as { gossip: { linkedPeers: number } }).gossip.linkedPeers === 1;
  });
});

afterAll(() => cluster.end());

interface TokenOptions {
  readonly collection?: string;
  readonly subject?: string;
  readonly seconds?: number;
  readonly id?: string;
}

async function token(
  documents: string,
  allow: readonly string[],
  options: TokenOptions = {},
): Promise<string> {
  const {
    collection = 'default',
    subject = `subject-${tokens}`,
    seconds = 600,
    id = `token-${tokens++}`,
  } = options;
  return new SignJWT({ hearsay: [{ collection, documents, allow }] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setJti(id)
    .setIssuedAt()
    .setExpirationTime(`${seconds} s`)
    .sign(new TextEncoder().encode(tokenSecret));
}

const bearer = (of: string): { authorization: string } => ({ authorization: `Bearer ${of}` });

interface Client {
  readonly doc: Y.Doc;
  text(): string;
  write(text: string): void;
  show(name: string): void;
  /** Names of everybody whose presence it knows. */
  seen(): readonly unknown[];
  /** Why the node has turned it away; undefined while it has not. */
  refusal(): string | undefined;
  synced(): boolean;
}

type Open = (node: NodeProcess, name: string, token: () => string, doc?: Y.Doc) => Client;

function common(doc: Y.Doc, awareness: WebsocketProvider['awareness'] | null) {
  return {
    doc,
    text: () => doc.getText('text').toString(),
    write: (text: string) => doc.getText('text').insert(0, text),
    show: (name: string) => awareness?.setLocalState({ name }),
    seen: () => [...(awareness?.getStates().values() ?? [])].map((state) => state['name']),
  };
}

/** Where the token goes; every way has to come to the same. */
const yWebsocket =
  (how: 'address' | 'subprotocol'): Open =>
  (node, name, tokenOf, doc = new Y.Doc()) => {
    const provider = new WebsocketProvider(node.url, name, doc, {
      WebSocketPolyfill: polyfill,
      disableBc: true,
      ...(how === 'address'
        ? { params: { token: tokenOf() } }
        : { protocols: ['hearsay', `hearsay.token.${tokenOf()}`] }),
    });
    let refusal: string | undefined;
    provider.on('connection-close', (event: { code: number; reason: string } | null) => {
      if (event !== null && event.code >= 4400) refusal = `${event.code} ${event.reason}`;
    });
    cluster.after(() => provider.destroy());
    return { ...common(doc, provider.awareness), refusal: () => refusal, synced: () => provider.synced };
  };

const hocuspocus: Open = (node, name, tokenOf, doc = new Y.Doc()) => {
  const socket = new HocuspocusProviderWebsocket({ url: node.url, WebSocketPolyfill: polyfill });
  let refusal: string | undefined;
  const provider = new HocuspocusProvider({
    websocketProvider: socket,
    name,
    document: doc,
    token: async () => tokenOf(),
    onAuthenticationFailed: ({ reason }) => {
      refusal = reason;
    },
  });
  provider.attach();
  cluster.after(() => {
    provider.destroy();
    socket.destroy();
  });
  return { ...common(doc, provider.awareness), refusal: () => refusal, synced: () => provider.synced };
};

const ways: readonly (readonly [string, Open])[] = [
  ['y-websocket, token in the address', yWebsocket('address')],
  ['y-websocket, token as subprotocol', yWebsocket('subprotocol')],
  ['Hocuspocus', hocuspocus],
];

function firstNode(): NodeProcess {
  const [first] = nodes;
  if (first === undefined) throw new Error('no node');
  return first;
}

let documents = 0;

describe.each(ways)('%s', (_, open) => {
  it.each([
    ['read', { read: true, write: false, presence: false }],
    ['write', { read: true, write: true, presence: false }],
    ['presence', { read: false, write: false, presence: false }],
    ['admin', { read: false, write: false, presence: false }],
    ['read,presence', { read: true, write: false, presence: true }],
    ['write,presence', { read: true, write: true, presence: true }],
  ] as const)('L38: the bearer of %s may do just that, by every message there is', async (allow, may) => {
    const name = `matrix/${documents++}`;
    const owners = await token('matrix/*', ['read', 'write', 'presence']);
    const owner = yWebsocket('address')(firstNode(), name, () => owners);
    owner.write('mine');
    owner.show('owner');
    await eventually('the owner to be in sync', () => owner.synced());
    const its = await token('matrix/*', allow.split(','));
    // What it has before it comes goes out with its first steps, what it writes later as an update.
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'first ');
    const client = open(firstNode(), name, () => its, doc);
    client.show('client');
    if (may.read) {
      await eventually('the client to read', () => client.text().includes('mine'));
      await eventually('the client to see', () => client.seen().includes('owner'));
    } else {
      await eventually('the client to be turned away', () => client.refusal() !== undefined);
    }
    client.write('later ');
    const witness = yWebsocket('address')(firstNode(), name, () => owners);
    await eventually('the witness to be in sync', () => witness.text().includes('mine'));
    if (may.write) {
      await eventually('both edits to arrive', () =>
        ['first', 'later'].every((edit) => witness.text().includes(edit)),
      );
    }
    if (may.presence) await eventually('its presence', () => owner.seen().includes('client'));
    // What comes after all of the client's messages shows that they have been dealt with.
    owner.write('barrier ');
    if (may.read) await eventually('the barrier', () => client.text().includes('barrier'));
    await eventually('the barrier', () => witness.text().includes('barrier'));
    expect(['first', 'later'].some((edit) => witness.text().includes(edit))).toBe(may.write);
    expect(owner.seen().includes('client')).toBe(may.presence);
    expect(client.text().includes('mine')).toBe(may.read);
  });

  it('L39: without a token, and with one for other documents, nothing is read', async () => {
    const name = `private/${documents++}`;
    const owners = await token('private/*', ['write']);
    const owner = yWebsocket('address')(firstNode(), name, () => owners);
    owner.write('secret');
    await eventually('the owner to be in sync', () => owner.synced());
    const elsewhere = await token('privat', ['write']);
    for (const none of ['', 'nonsense', elsewhere]) {
      const client = open(firstNode(), name, () => none);
      await eventually('the client to be turned away', () => client.refusal() !== undefined);
      expect(client.text()).toBe('');
    }
  });

  it('L40: what a token said ends with it, on a connection that lives', async () => {
    const name = `ends/${documents++}`;
    const owners = await token('ends/*', ['write']);
    const short = await token('ends/*', ['write'], { seconds: 3 });
    const owner = yWebsocket('address')(firstNode(), name, () => owners);
    owner.write('a');
    const client = open(firstNode(), name, () => short);
    await eventually('the client to read', () => client.text() === 'a');
    await eventually('the client to be turned away', () => client.refusal()?.includes('expired') === true);
    owner.write('b');
    const witness = yWebsocket('address')(firstNode(), name, () => owners);
    await eventually('the witness to read', () => witness.text() === 'ba');
    expect(client.text()).toBe('a');
  });

  it.each(['token', 'subject'] as const)(
    'L41: a %s that is revoked on one node is void on the other within five seconds',
    async (what) => {
      const [first, second] = nodes;
      if (first === undefined || second === undefined) throw new Error('no nodes');
      const name = `revoked/${documents++}`;
      const names = { token: `void-${documents}`, subject: `left-${documents}` };
      const its = await token('revoked/*', ['write'], { id: names.token, subject: names.subject });
      const client = open(second, name, () => its);
      await eventually('the client to be in sync', () => client.synced());
      const operator = await token('*', ['admin'], { collection: '*' });
      const answer = await fetch(`${first.http}/api/revocations`, {
        method: 'POST',
        headers: { ...bearer(operator), 'content-type': 'application/json' },
        body: JSON.stringify({ [what]: names[what] }),
      });
      expect(answer.status).toBe(200);
      await eventually('the client to be turned away', () => client.refusal() !== undefined, 5000);
      expect(client.refusal()).toContain('revoked');
      const again = open(second, name, () => its);
      await eventually('it to be turned away again', () => again.refusal() !== undefined);
      const others = await token('revoked/*', ['write']);
      const other = open(second, name, () => others);
      await eventually('others to go on', () => other.synced());
    },
  );
});

describe('a login that is renewed', () => {
  it('L42: Hocuspocus clients are asked for a new token in time, and what that allows holds from then on', async () => {
    const name = `renewed/${documents++}`;
    const owners = await token('renewed/*', ['write']);
    const owner = yWebsocket('address')(firstNode(), name, () => owners);
    owner.write('a');
    const given = [await token('renewed/*', ['write'], { seconds: 20 }), await token('renewed/*', ['read'])];
    let asked = 0;
    const client = hocuspocus(firstNode(), name, () => given[Math.min(asked++, 1)] ?? '');
    await eventually('the client to read', () => client.text() === 'a');
    await eventually('it to be asked again', () => asked >= 2);
    client.write('not allowed any more ');
    owner.write('b');
    await eventually('it to read on', () => client.text().includes('b'));
    const witness = yWebsocket('address')(firstNode(), name, () => owners);
    await eventually('the witness to read', () => witness.text() === 'ba');
    expect(client.refusal()).toBeUndefined();
  });
});

describe('HTTP', () => {
  const paths = [
    ['GET', '/api/documents/default/http%2Fa', 'read'],
    ['GET', '/api/documents?prefix=http/', 'read'],
    ['DELETE', '/api/documents/default/http%2Fgone', 'admin'],
    ['POST', '/api/deleted/default/http%2Fgone', 'admin'],
    ['GET', '/api/status', 'operator'],
    ['GET', '/api/damaged', 'operator'],
    ['GET', '/api/deleted', 'operator'],
    ['GET', '/api/revocations', 'operator'],
    ['GET', '/api/admin/backup', 'operator'],
    ['POST', '/api/admin/repair', 'operator'],
  ] as const;
  const callers = [
    ['nobody', null, []],
    ['a reader', ['read'], ['read']],
    ['a writer', ['write'], ['read']],
    ['who administers these documents', ['admin'], ['admin']],
    ['an operator', ['admin', 'read'], ['read', 'admin', 'operator']],
  ] as const;

  it.each(
    callers.flatMap(([who, allow, may]) =>
      paths.map(([method, path, needs]) => [who, method, path, allow, may, needs] as const),
    ),
  )(
    'L43: %s who calls %s %s is served just what the token says',
    async (who, method, path, allow, may, needs) => {
      const isOperator = who === 'an operator';
      const its =
        allow === null
          ? null
          : await token(isOperator ? '*' : 'http/*', allow, { collection: isOperator ? '*' : 'default' });
      const headers = its === null ? {} : bearer(its);
      const { status } = await fetch(`${firstNode().http}${path}`, { method, headers });
      const isServed = (may as readonly string[]).includes(needs);
      if (isServed) expect([200, 404, 409]).toContain(status);
      else expect(status).toBe(allow === null ? 401 : 403);
    },
  );

  it('L43: what nodes tell each other is nobody’s, and no token is in any log', async () => {
    const everything = await token('*', ['read', 'write', 'admin'], { collection: '*' });
    const { http } = firstNode();
    const reserved = await fetch(`${http}/api/documents/$hearsay/revocations`, {
      headers: bearer(everything),
    });
    expect(reserved.status).toBe(403);
    const listed = await (await fetch(`${http}/api/collections`, { headers: bearer(everything) })).json();
    expect(listed).not.toMatchObject({ collections: expect.arrayContaining(['$hearsay']) });
    const client = new WebsocketProvider(nodes[0]?.url ?? '', 'revocations', new Y.Doc(), {
      WebSocketPolyfill: polyfill,
      disableBc: true,
      params: { token: everything, collection: '$hearsay' },
    });
    cluster.after(() => client.destroy());
    await new Promise((resolve) => client.once('connection-close', resolve));
    expect(client.synced).toBe(false);
    for (const node of nodes) expect(node.output()).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });
});
