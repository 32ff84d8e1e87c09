import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { type Authority, createAuthority, type Issued } from '../support/certificates.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { Cluster } from './cluster.ts';

const cluster = new Cluster();

afterEach(() => cluster.end());

describe('TLS', () => {
  it('L60: clients and peers of nodes with certificates are served over TLS alone', async () => {
    const authority = await createAuthority(await cluster.directory(), 'authority');
    const first = await node(authority, await authority.issue('first'));
    const second = await node(authority, await authority.issue('second'), [first.url]);
    const [ann, ben] = [client(first, authority, 'note'), client(second, authority, 'note')];
    ann.getText('text').insert(0, 'over TLS');
    await eventually('the edit to arrive', () => ben.getText('text').toString() === 'over TLS');
    await expect(fetch(first.http.replace('https', 'http'))).rejects.toThrow();
    expect(first.output()).not.toContain('NOT_ENCRYPTED');
  });

  it('L60: browsers are told to come over TLS again, but not under the names of this machine', async () => {
    const authority = await createAuthority(await cluster.directory(), 'authority');
    const { cert, key } = await authority.issue('node');
    const tls = ['--tls-cert', cert, '--tls-key', key];
    const hosts = ['notes.example', 'localhost'].flatMap((name) => ['--allow-host', name]);
    const { port } = await cluster.node({ authority: authority.pem, with: [...tls, ...hosts] });
    const told = async (host: string): Promise<string | undefined> => {
      const request = get({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: authority.pem,
        path: '/healthz',
        headers: { host },
      });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      return response.headers['strict-transport-security'];
    };
    expect(await told('notes.example')).toBe('max-age=31536000');
    expect(await told('localhost')).toBeUndefined();
  });

  it('L61: who knows the secret and has no certificate of the authorities for peers, or one that is over, is no peer', async () => {
    const authority = await createAuthority(await cluster.directory(), 'authority');
    const others = await createAuthority(await cluster.directory(), 'others');
    const first = await node(authority, await authority.issue('first'));
    const refusals = (reason: string): (() => boolean) => {
      return () => first.output().includes(`"code":"PEER_CERTIFICATE_REFUSED","reason":"${reason}"`);
    };
    const stranger = await node(authority, await others.issue('stranger'), [first.url], others);
    await eventually('the stranger to be refused', refusals('UNABLE_TO_VERIFY_LEAF_SIGNATURE'));
    const late = await authority.issue('late', -1);
    await eventually('the late one to be refused', async () => {
      const socket = new WebSocket(`${first.url}/peer`, 'hearsay-peer.1', {
        ca: authority.pem,
        ...(await read(late)),
      });
      await new Promise((resolve) => socket.once('error', resolve).once('open', resolve));
      socket.terminate();
      return refusals('CERT_HAS_EXPIRED')();
    });
    expect(stranger.output()).not.toContain('peerLinked');
    expect(first.output()).not.toContain('peerLinked');
    // Clients need none.
    const ann = client(first, authority, 'note');
    await eventually('a client to be served', () => served.get(ann)?.synced === true);
  });

  it('L63: files that hold no certificate, or a key that is not its, end the start with a code; no key is quoted', async () => {
    const directory = await cluster.directory();
    const authority = await createAuthority(directory, 'authority');
    const { cert, key } = await authority.issue('node');
    const other = await authority.issue('other');
    const fit = { cert, key, ca: authority.path };
    for (const [flag, files] of Object.entries({
      '--tls-cert': { ...fit, cert: key },
      '--tls-key': { ...fit, key: other.key },
      '--peer-ca': { ...fit, ca: join(directory, 'nowhere.pem') },
    })) {
      const tls = ['--tls-cert', files.cert, '--tls-key', files.key, '--peer-ca', files.ca];
      const ended = await runCommand(['serve', '--port', '0', '--data', join(directory, 'data'), ...tls]);
      expect([ended.exitCode, ended.stderr.match(/error (\w+): (\S+):/)?.slice(1)]).toEqual([
        78,
        ['TLS_INVALID', flag],
      ]);
      expect(ended.stderr).not.toContain('PRIVATE KEY');
    }
  }, 30_000);

  it('L62: a certificate that is replaced is shown without a restart, and its connections live on', async () => {
    const authority = await createAuthority(await cluster.directory(), 'authority');
    const first = await node(authority, await authority.issue('first'));
    const ann = client(first, authority, 'note');
    await eventually('a client to be served', () => served.get(ann)?.synced === true);
    const before = await shownBy(first);
    await authority.issue('first');
    await eventually('another certificate', async () => (await shownBy(first)) !== before);
    ann.getText('text').insert(0, 'still here');
    const ben = client(first, authority, 'note');
    await eventually('the edit', () => ben.getText('text').toString() === 'still here');
    expect(served.get(ann)?.wsUnsuccessfulReconnects).toBe(0);
  });
});

async function read({ cert, key }: Issued): Promise<{ readonly cert: string; readonly key: string }> {
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

const served = new Map<Y.Doc, WebsocketProvider>();

/** `shown`: the authority of its certificate, where that is not the one it expects of peers. */
async function node(
  authority: Authority,
  { cert, key }: Issued,
  join: readonly string[] = [],
  shown = authority,
): Promise<NodeProcess> {
  const tls = ['--tls-cert', cert, '--tls-key', key, '--peer-ca', authority.path];
  return cluster.node({ join, authority: shown.pem, with: tls });
}

function client({ url }: NodeProcess, { pem }: Authority, name: string): Y.Doc {
  class TrustingSocket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { ca: pem });
    }
  }
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(url, name, doc, {
    WebSocketPolyfill: TrustingSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  served.set(doc, provider);
  cluster.after(() => provider.destroy());
  return doc;
}

/** Fingerprint of the certificate that a node shows. */
async function shownBy({ port }: NodeProcess): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
