import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A key of somebody who issues tokens: tokens for ten minutes, and the public half as it is published. */
export async function keyPair(
  kid: string,
): Promise<{ readonly token: () => Promise<string>; readonly jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const token = (): Promise<string> =>
    new SignJWT({ hearsay: [{ collection: '*', documents: '*', allow: ['read'] }] })
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .setSubject('ann')
      .setIssuedAt()
      .setExpirationTime('10 min')
      .sign(privateKey);
  return { token, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } };
}

/** What is published, and how often it was asked for. */
export interface PublishedKeys {
  keys: readonly JWK[];
  status: number;
  asked: number;
}

/** Publishes keys over HTTP on loopback. */
export async function publishKeys(
  after: (ending: () => unknown) => unknown,
): Promise<{ readonly state: PublishedKeys; readonly url: string }> {
  const state: PublishedKeys = { keys: [], status: 200, asked: 0 };
  const server = createServer((_request, response) => {
    state.asked++;
    response.writeHead(state.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { state, url: `http://127.0.0.1:${address.port}/keys.json` };
}
