import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';
import { Cluster, contentOf, rootsOf, statusOf, untilEqual } from './cluster.ts';

const cluster = new Cluster();
const mayMount = await canMount();
if (!mayMount)
  console.warn(
    'L32 is skipped: this user may mount no disk; S16 shows the same on a database that says it is full',
  );

/** Close code that asks a client to come back. */
const storeUnavailable = 4513;

afterEach(() => cluster.end());

async function readiness(node: {
  readonly http: string;
}): Promise<{ readonly ready: boolean; readonly reason?: string }> {
  return (await (await fetch(`${node.http}/readyz`)).json()) as { ready: boolean; reason?: string };
}

describe('a full disk', () => {
  it.skipIf(!mayMount)(
    'L32: writes are refused with a code, reads and repair go on, and writing resumes by itself within 30 s of room',
    { timeout: 240_000 },
    async () => {
      const disk = await mountSmallDisk(await cluster.directory(), 24);
      cluster.after(() => disk.remove());
      const full = await cluster.node({ data: disk.directory });
      const peer = await cluster.node({ join: [full.url] });
      const writer = cluster.client(full, 'doc');
      const closes: number[] = [];
      writer.provider.on('connection-close', (event) => {
        if (event !== null) closes.push(event.code);
      });
      writer.doc.getText('text').insert(0, 'acknowledged');
      await eventually('the peer to have it', async () => (await contentOf(peer, 'doc')) !== undefined);
      await untilEqual([full, peer], 1);
      await disk.fill();
      writer.doc.getText('text').insert(0, 'x'.repeat(100_000));
      await eventually('the node to notice', async () => !(await readiness(full)).ready);
      expect(await readiness(full)).toMatchObject({ ready: false, reason: 'DISK_FULL' });
      await eventually('the writer to be told', () => closes.length > 0);
      expect(new Set(closes)).toEqual(new Set([storeUnavailable]));
      // Reads, and what peers lack, are served from the full disk.
      expect(await contentOf(full, 'doc')).toEqual({ text: 'acknowledged' });
      const late = await cluster.node({ join: [full.url] });
      await eventually('a late peer to be filled', async () => (await contentOf(late, 'doc')) !== undefined);
      expect((await statusOf(full)).store).toMatchObject({ state: 'read-only', code: 'DISK_FULL' });
      // What peers have meanwhile does not come in.
      const elsewhere = cluster.client(peer, 'other');
      elsewhere.doc.getText('text').insert(0, 'meanwhile');
      await eventually(
        'the other peer to have it',
        async () => (await contentOf(late, 'other')) !== undefined,
      );
      expect(await contentOf(full, 'other')).toBe(undefined);
      expect(full.output()).toContain('"code":"DISK_FULL"');
      await disk.free();
      const roomAt = performance.now();
      await eventually('the node to be ready', async () => (await readiness(full)).ready, 30_000);
      console.info(`ready ${Math.round(performance.now() - roomAt)} ms after there was room`);
      await eventually('the edit to be everywhere', async () => {
        const texts = await Promise.all([full, peer, late].map((node) => contentOf(node, 'doc')));
        return texts.every((content) => String(content?.['text']).length === 100_012);
      });
      await untilEqual([full, peer, late], 2);
      expect(await contentOf(full, 'other')).toEqual({ text: 'meanwhile' });
      const roots = await rootsOf(full);
      expect(await full.stop('SIGTERM')).toBe(0);
      await disk.fill();
      await expect(full.start()).rejects.toThrow('error DISK_FULL');
      await disk.free();
      await full.start();
      expect(await rootsOf(full)).toBe(roots);
    },
  );
});
