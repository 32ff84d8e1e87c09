import { handshake, upgradeHeaders } from './raw-http.ts';

/** A request as it goes over the wire, and the statuses of all that it may be answered with. */
export interface HostileRequest {
  readonly name: string;
  readonly text: string;
  readonly statuses: readonly number[];
}

const host = 'Host: localhost\r\nConnection: close\r\n';
const second = `GET /healthz HTTP/1.1\r\n${host}\r\n`;

function many(count: number): string {
  return Array.from({ length: count }, (_, index) => `x${index}: 1\r\n`).join('');
}

/** Headers of `bytes` as Node counts them: the address, and names and values without what parts them. */
function headersOf(bytes: number): string {
  const others = '/healthz' + 'Host' + 'localhost' + 'Connection' + 'close' + 'x';
  return `${host}x: ${'y'.repeat(bytes - others.length)}\r\n`;
}

const raw: readonly (readonly [string, string, ...number[]])[] = [
  ['a handshake as it should be', handshake('/a'), 101],
  [
    'a handshake by POST',
    `POST /a HTTP/1.1\r\nHost: localhost\r\n${upgradeHeaders}Content-Length: 0\r\n\r\n`,
    405,
  ],
  ['a handshake over HTTP/1.0', `GET /a HTTP/1.0\r\nHost: localhost\r\n${upgradeHeaders}\r\n`, 505],
  ['a handshake over HTTP/2.0', `GET /a HTTP/2.0\r\nHost: localhost\r\n${upgradeHeaders}\r\n`, 505],
  ['a request of HTTP/2.0', `GET /healthz HTTP/2.0\r\n${host}\r\n`, 505],
  [
    'an upgrade to h2c',
    'GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n',
    400,
  ],
  [
    'an upgrade to nothing',
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n`,
    404,
  ],
  ['version 12', handshake('/a').replace('Version: 13', 'Version: 12'), 400],
  ['a key that is none', handshake('/a').replace(/Key: .*\r/, 'Key: x\r'), 400],
  [
    'two lengths of a body',
    `POST /api/revocations HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
    400,
  ],
  [
    'two Content-Lengths',
    `POST /api/revocations HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab${second}`,
    400,
  ],
  [
    'an encoding nobody knows',
    `POST /sync/sessions HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${second}`,
    400,
  ],
  [
    'a header with a space',
    `POST /sync/sessions HTTP/1.1\r\n${host}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${second}`,
    400,
  ],
  [
    'a chunk that lies',
    `POST /sync/sessions HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n${second}`,
    400,
  ],
  ['lines without returns', 'GET /healthz HTTP/1.1\nHost: localhost\n\n', 400],
  ['two Hosts', `GET /healthz HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`, 400],
  ['two Hosts, the other way', `GET /healthz HTTP/1.1\r\nHost: evil.example\r\n${host}\r\n`, 400],
  ['two Hosts of a handshake', handshake('/a', 'HOST: localhost\r\n'), 400],
  [
    'two Authorizations',
    `GET /healthz HTTP/1.1\r\n${host}Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n`,
    400,
  ],
  ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['no Host over HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', 421],
  ['a folded header', `GET /healthz HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400],
  [
    'a handshake with a body',
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n${upgradeHeaders}\r\nabcde`,
    404,
  ],
  ['a handshake for a page', handshake('/healthz'), 404],
  ['a handshake for the API', handshake('/api/status'), 404],
  ['a peer without its protocol', handshake('/peer'), 403],
  [
    'a peer with an Origin',
    handshake('/peer', 'Origin: http://localhost\r\nSec-WebSocket-Protocol: hearsay-peer.1\r\n'),
    403,
  ],
  [
    'an address with a host in it',
    `GET http://evil.example/a HTTP/1.1\r\nHost: localhost\r\n${upgradeHeaders}\r\n`,
    400,
  ],
  ['a page with a host in it', `GET http://evil.example/healthz HTTP/1.1\r\n${host}\r\n`, 400],
  ['PUT', `PUT /api/documents/default/a HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`, 404],
  ['TRACE', `TRACE / HTTP/1.1\r\n${host}\r\n`, 404],
  ['CONNECT', 'CONNECT evil:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['OPTIONS of all', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, 404],
  ['the Origin null', handshake('/a', 'Origin: null\r\n'), 403],
  ['two Origins', handshake('/a', 'Origin: http://localhost\r\nOrigin: https://evil.example\r\n'), 403],
  ['an Origin with a user', handshake('/a', 'Origin: http://localhost@evil.example\r\n'), 403],
  ['an Origin with a dot', handshake('/a', 'Origin: http://localhost.\r\n'), 403],
  ['an Origin like a name', handshake('/a', 'Origin: http://localhost.evil.example\r\n'), 403],
  ['a Host of nobody', `GET /healthz HTTP/1.1\r\nHost: 0.0.0.0\r\nConnection: close\r\n\r\n`, 421],
  [
    'a Host like a name',
    `GET /healthz HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n`,
    421,
  ],
  ['64 headers', `GET /healthz HTTP/1.1\r\n${host}${many(62)}\r\n`, 200],
  ['65 headers', `GET /healthz HTTP/1.1\r\n${host}${many(63)}\r\n`, 431],
  ['65 headers of a handshake', handshake('/a', many(60)), 431],
  ['8,191 bytes of headers', `GET /healthz HTTP/1.1\r\n${headersOf(8191)}\r\n`, 200],
  ['8,192 bytes of headers', `GET /healthz HTTP/1.1\r\n${headersOf(8192)}\r\n`, 431],
  ['a token in the address of a socket', handshake('/a?token=canary-in-an-address'), 400],
  [
    'a token in the address of a page',
    `GET /healthz?token=canary-in-an-address HTTP/1.1\r\n${host}\r\n`,
    400,
  ],
  [
    'a form',
    `POST /api/revocations HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b`,
    415,
  ],
  ['bytes that are no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['HTTP/2 by itself', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
];

/** What parsers on the way read one way and others another, and what nobody should ask for. */
export const hostileRequests: readonly HostileRequest[] = raw.map(([name, text, ...statuses]) => ({
  name,
  text,
  statuses,
}));
