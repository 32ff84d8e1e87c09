import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { canHarmDisk, makePowerDisk } from '../support/power-disk.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';
import { Cluster, contentOf, statusOf, untilEqual } from './cluster.ts';

const run = promisify(execFile);
const cluster = new Cluster();
const [mayMount, mayHarm] = [await canMount(), await canHarmDisk('fail')];
if (!mayMount || !mayHarm)
  console.warn(
    'L52 is skipped in part: this user may mount no disk; A195 shows the same on a database that says so',
  );

afterEach(() => cluster.end());

describe('a disk that becomes read-only', () => {
  it.skipIf(!mayHarm)(
    'L52: under a running node nothing more is acknowledged, reads go on, it says why, and all that it had acknowledged is there when the disk is mounted anew',
    async () => {
      const disk = await makePowerDisk(64);
      cluster.after(() => disk.remove());
      const node = await cluster.node({ data: disk.directory });
      const peer = await cluster.node({ join: [node.url] });
      const writer = cluster.client(node, 'a');
      writer.doc.getText('text').insert(0, 'kept');
      await untilEqual([node, peer], 1);
      await disk.fail();
      writer.doc.getText('text').insert(4, ' and more');
      const ready = async (): Promise<unknown> => (await fetch(`${node.http}/readyz`)).json();
      await eventually('the node to notice', async () => (await statusOf(node)).store.code !== null);
      expect(await ready()).toMatchObject({ ready: false, reason: 'DIRECTORY_UNWRITABLE' });
      expect(node.output()).toContain('"code":"DIRECTORY_UNWRITABLE"');
      await eventually('reads to go on', async () => {
        const content = await contentOf(node, 'a').catch(() => undefined);
        return content?.['text'] === 'kept';
      });
      // It looks after the disk again and again, and is read from all the while.
      const late = await cluster.node({ join: [node.url] });
      await untilEqual([peer, late], 1);
      expect(await contentOf(late, 'a')).toEqual({ text: 'kept' });
      expect(await node.stop('SIGTERM')).toBe(0);
      await disk.restore();
      await node.start();
      await eventually('the edit to be everywhere', async () => {
        const contents = await Promise.all([node, peer, late].map((each) => contentOf(each, 'a')));
        return contents.every((content) => content?.['text'] === 'kept and more');
      });
    },
  );

  it.skipIf(!mayMount)(
    'L52: an operator cannot make it so under a running node, which goes on; before its start it is told',
    async () => {
      const disk = await mountSmallDisk(await cluster.directory(), 24);
      cluster.after(() => disk.remove());
      const remount = (how: string) => run('mount', ['-o', `remount,${how}`, disk.directory]);
      const node = await cluster.node({ data: disk.directory });
      const writer = cluster.client(node, 'a');
      writer.doc.getText('text').insert(0, 'kept');
      await eventually('it to be stored', async () => (await contentOf(node, 'a')) !== undefined);
      await expect(remount('ro')).rejects.toThrow('busy');
      writer.doc.getText('text').insert(4, ' and more');
      await eventually('it to go on', async () => (await contentOf(node, 'a'))?.['text'] === 'kept and more');
      await node.stop('SIGTERM');
      await remount('ro');
      await expect(node.start()).rejects.toThrow('DATA_DIRECTORY_UNWRITABLE');
      await remount('rw');
      await node.start();
      expect(await contentOf(node, 'a')).toEqual({ text: 'kept and more' });
    },
  );
});
