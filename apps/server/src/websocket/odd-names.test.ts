import { once } from 'node:events';
import { ByteWriter, decode, documentId } from '@hearsay/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HearsayNode } from '../node.ts';
import { exchange, rawFrame, rawWebSocket, statusesOf } from '../testing/raw-http.ts';
import { Bench, until } from '../testing/running-node.ts';

const bench = new Bench();
let node: HearsayNode;

beforeAll(async () => {
  node = await bench.node();
});

afterAll(() => bench.end());

const blank = ['', ' ', '\t', '\u3000', '\ufeff'];
const dots = ['.', '..', 'a/.', 'a/..', './a', '../a', 'a/../b', '...', '.a', '..a', 'a/.../b', '..\\..'];
const slashes = ['a/b', '/a', 'a/', 'a//b', '/', '//'];
const encoded = ['%', '%2e', '%2e%2e', '%00', '%2F', '%zz', 'a?b', 'a#b', 'a;b', 'a&b', 'a+b', 'a\\b'];
const controls = ['a\nb', 'a\rb', 'a\r\nb', '\0', 'a\0', '\x07', '\x1b[31m', '\x7f', '\x80', '\x85'];
const hidden = [
  '\u200b',
  'a\u200b',
  '\u200e',
  '\u200f',
  'a\u202eb',
  '\u2066x',
  '\ufeffa',
  '\u00ad',
  '\u2028',
  '\u2029',
];
const composed = [
  'caf\u00e9',
  'cafe\u0301',
  '\u212b',
  '\u00c5',
  '\uac00',
  '\u1100\u1161',
  '\ufb01',
  '\ufdfa'.repeat(60),
];
const planes = ['\u{1f600}', '\u{e0001}', '\u{10ffff}', '\u{f0000}', '\ufffd', '\ufffe', '\uffff'];
const programs = [
  '__proto__',
  'constructor',
  'toString',
  '$hearsay',
  '$(x)',
  '%s',
  '<script>alert(1)</script>',
  "'; drop",
  'CON',
];
const sizes = [512, 513]
  .map((length) => 'x'.repeat(length))
  .concat('é'.repeat(256), 'é'.repeat(257), '\u0344'.repeat(128));
const names = [
  ...blank,
  ...dots,
  ...slashes,
  ...encoded,
  ...controls,
  ...hidden,
  ...composed,
  ...planes,
  ...programs,
  ...sizes,
];

async function overHttp(name: string): Promise<boolean> {
  const path = `/api/documents/default/${encodeURIComponent(name)}`;
  const heard = await exchange(
    node.port,
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  const [status] = statusesOf(heard);
  if (status !== 400 && status !== 404) throw new Error(`${status} for ${JSON.stringify(name)}`);
  return heard.includes('DOCUMENT_NOT_FOUND');
}

async function inPath(name: string): Promise<boolean> {
  const raw = await rawWebSocket(node.port, `/${encodeURIComponent(name)}`);
  raw.socket.write(rawFrame(0x82, Buffer.of(0, 0, 1, 0)));
  await until(() => raw.received().length > 0);
  if (raw.received()[0] === 0x82) {
    raw.socket.destroy();
    return true;
  }
  expect(await raw.closeCode()).toBe(4404);
  return false;
}

/** On a socket of the dialect that has names in its frames. */
async function inFrame(name: string): Promise<boolean> {
  const socket = await bench.socket(node, '/');
  const login = (of: string): Uint8Array =>
    new ByteWriter(64).varString(of).varUint(2).varUint(0).varString('token').finish();
  // The first frame tells the dialect, which one without a name would not.
  socket.send(login('first'));
  await once(socket, 'message');
  socket.send(login(name));
  for (;;) {
    const [data] = (await once(socket, 'message')) as [Buffer];
    const answer = decode(data, (reader) => {
      const address = reader.varString();
      const [type, verdict] = [reader.varUint(), reader.varUint()];
      reader.rest();
      return address === name && type === 2 ? verdict : undefined;
    });
    if (!answer.ok || answer.value === undefined) continue;
    socket.terminate();
    return answer.value === 2;
  }
}

describe('odd names', () => {
  test('A153: there are enough of them', () => {
    expect(new Set(names).size).toBeGreaterThan(80);
  });

  test.each(names.map((name) => [JSON.stringify(name).slice(0, 30), name]))(
    'A153: %s is taken everywhere or nowhere',
    async (_, name) => {
      const expected = documentId('default', name).ok;
      expect([await overHttp(name), await inPath(name)]).toEqual([expected, expected]);
      // There a zero byte parts a name from a session.
      if (!name.includes('\0')) expect(await inFrame(name)).toBe(expected);
    },
  );

  test('A153: a name is one document however it is composed', async () => {
    const { doc } = bench.client(node, encodeURIComponent('e\u0301/\u1100\u1161'));
    doc.getText('text').insert(0, 'one');
    const other = bench.client(node, encodeURIComponent('\u00e9/\uac00'));
    await until(() => other.text() === 'one');
    const listed = await (await fetch(`${node.httpUrl}/api/documents?prefix=e%CC%81/`)).json();
    expect(listed).toMatchObject({ documents: [{ name: '\u00e9/\uac00' }] });
  });
});
