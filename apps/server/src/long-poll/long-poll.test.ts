import { ByteWriter } from '@hearsay/core';
import { afterEach, describe, expect, test } from 'vitest';
import { Bench } from '../testing/running-node.ts';
import { webSocketFrame } from '../websocket/frame.ts';
import { PollConnection } from './poll-connection.ts';

const bench = new Bench();

afterEach(() => bench.end());

const octets = { 'content-type': 'application/octet-stream' };
const patient = new AbortController().signal;

function frames(...list: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64);
  for (const frame of list) writer.varBytes(frame);
  return Uint8Array.from(writer.finish());
}

describe('a polled connection', () => {
  function connection() {
    const heard: Uint8Array[] = [];
    const closed: number[] = [];
    const polled = new PollConnection('10.0.0.1', 0);
    polled.listen({
      received: (message) => heard.push(message),
      drained: () => {},
      closed: (code) => closed.push(code),
    });
    return { polled, heard, closed };
  }

  test('A95: what is written waits for the next poll, in order, and a poll waits for what is written', async () => {
    const { polled } = connection();
    polled.send(Uint8Array.of(1));
    polled.write(webSocketFrame(new Uint8Array(300).fill(2)));
    expect(polled.bufferedBytes).toBe(301);
    const first = await polled.poll(() => 0, patient);
    expect(first).toEqual({ frames: [Uint8Array.of(1), Buffer.from(new Uint8Array(300).fill(2))] });
    expect(polled.bufferedBytes).toBe(0);
    const waiting = polled.poll(() => 0, patient);
    const instead = polled.poll(() => 0, patient);
    expect(await waiting).toEqual({ frames: [] });
    polled.send(Uint8Array.of(3));
    expect(await instead).toEqual({ frames: [Uint8Array.of(3)] });
  });

  test('A95: a request that nobody waits for any more takes nothing away', async () => {
    const { polled } = connection();
    const given = new AbortController();
    const waiting = polled.poll(() => 0, given.signal);
    given.abort();
    expect(await waiting).toEqual({ frames: [] });
    polled.send(Uint8Array.of(1));
    expect(await polled.poll(() => 0, patient)).toEqual({ frames: [Uint8Array.of(1)] });
  });

  test('A95: a client that writes too fast is kept waiting, and one that is silent for a minute is gone', async () => {
    const { polled, heard, closed } = connection();
    polled.pause();
    let taken = false;
    const receiving = polled.receive([Uint8Array.of(1), Uint8Array.of(2)], 1000).then(() => {
      taken = true;
    });
    await Promise.resolve();
    expect([taken, heard]).toEqual([false, []]);
    polled.resume();
    await receiving;
    expect(heard).toHaveLength(2);
    polled.checkLiveness(60_000);
    expect(closed).toEqual([]);
    polled.checkLiveness(61_001);
    expect(closed).toEqual([1006]);
    expect(await polled.poll(() => 0, patient)).toEqual({ code: 1006, reason: 'gone' });
  });

  test('A95: what was said before the end is heard before it', async () => {
    const { polled, closed } = connection();
    polled.send(Uint8Array.of(1));
    polled.close(4401, 'over');
    polled.send(Uint8Array.of(2));
    expect(await polled.poll(() => 0, patient)).toEqual({ frames: [Uint8Array.of(1)] });
    expect(await polled.poll(() => 0, patient)).toEqual({ code: 4401, reason: 'over' });
    expect(closed).toEqual([4401]);
  });
});

describe('sessions over HTTP', () => {
  test('A96: nothing but frames of a session that is there is taken, and a broken frame ends it with its code', async () => {
    const node = await bench.node();
    const base = `${node.httpUrl}/sync/sessions`;
    const post = (path: string, body?: Uint8Array<ArrayBuffer>, headers: Record<string, string> = octets) =>
      fetch(`${base}${path}`, { method: 'POST', ...(body && { headers, body }) });
    expect((await post('/00000000-0000-4000-8000-000000000000/frames', frames())).status).toBe(404);
    const { session } = (await (await post('')).json()) as { session: string };
    expect((await post(`/${session}/frames`, Uint8Array.of(200, 1, 2))).status).toBe(400);
    expect((await post(`/${session}/frames`, frames(), { 'content-type': 'text/plain' })).status).toBe(415);
    const large = new Uint8Array(20_000_000);
    expect((await post(`/${session}/frames`, large)).status).toBe(413);
    const bench2 = bench.client(node, 'a');
    bench2.doc.getText('text').insert(0, 'served');
    const ended = await post(`/${session}/frames`, frames(Uint8Array.of(255, 255, 255, 255)));
    expect(ended.status).toBe(410);
    expect(await ended.json()).toMatchObject({ code: 4400 });
    const after = await fetch(`${base}/${session}/frames`);
    expect([after.status, await after.json()]).toMatchObject([410, { code: 4400 }]);
  });

  test('A96: pages of other origins are refused, and those that are let in are told so', async () => {
    const node = await bench.node({ allowOrigin: ['https://app.example'] });
    const base = `${node.httpUrl}/sync/sessions`;
    const from = (origin: string, method: string) => fetch(base, { method, headers: { origin } });
    expect((await from('https://evil.example', 'POST')).status).toBe(403);
    const asked = await from('https://app.example', 'OPTIONS');
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await from('https://app.example', 'POST')).status).toBe(200);
  });
});
