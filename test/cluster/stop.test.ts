import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/node-process.ts';
import { Cluster, contentOf, statusOf } from './cluster.ts';

const cluster = new Cluster();
const entry = fileURLToPath(import.meta.resolve('@hearsay/server/main'));

afterEach(() => cluster.end());

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'L12: by %s under load ends with 0 and loses nothing',
    async (signal) => {
      const data = await cluster.directory();
      const node = await cluster.node({ data });
      const [author, reader] = [cluster.client(node, 'a'), cluster.client(node, 'a')];
      const codes: number[] = [];
      reader.provider.on('connection-close', (event) => codes.push(event?.code ?? 0));
      const typing = setInterval(() => author.doc.getText('text').insert(0, 'x'), 1);
      await eventually('edits to be seen', () => reader.text().length > 200);
      const asked = performance.now();
      expect(await node.stop(signal)).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);
      clearInterval(typing);
      await eventually('the reader to be told', () => codes.length > 0);
      expect(codes[0]).toBe(1001);
      for (const { provider } of [author, reader]) provider.destroy();
      await node.start();
      const kept = String((await contentOf(node, 'a'))?.['text']).length;
      expect(kept).toBeGreaterThanOrEqual(reader.text().length);
    },
  );

  it('L12: a log that nobody reads does not hold it up', async () => {
    const port = await freePort();
    const data = await cluster.directory();
    const node = spawn(
      process.execPath,
      [
        entry,
        'serve',
        '--port',
        String(port),
        '--data',
        data,
        '--log-format',
        'json',
        '--log-level',
        'debug',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    cluster.after(() => node.kill('SIGKILL'));
    const ended = once(node, 'exit');
    const ask = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined))?.text() ?? '';
    await eventually('the node to be ready', async () => (await ask('/readyz')).includes('true'));
    await eventually('lines to be dropped', async () => {
      await Promise.all(Array.from({ length: 100 }, () => ask(`/api/documents/default/${'x'.repeat(3000)}`)));
      return /^hearsay_log_lines_dropped_total [1-9]/m.test(await ask('/metrics'));
    });
    node.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('L12: waits for a client that does not answer, but not long; a second signal does not wait at all', async () => {
    for (const impatient of [false, true]) {
      const node = await cluster.node();
      const stuck = new WebSocket(`${node.url}/a`);
      await once(stuck, 'open');
      stuck.pause();
      await eventually(
        'the client to be there',
        async () => (await statusOf(node)).clients.connections === 1,
      );
      const stopped = node.stop('SIGTERM');
      if (impatient) {
        await eventually('the stop to begin', () => node.output().includes('"stopping"'));
        node.signal('SIGTERM');
      }
      expect(await stopped).toBe(impatient ? 130 : 0);
      stuck.terminate();
    }
  });
});
