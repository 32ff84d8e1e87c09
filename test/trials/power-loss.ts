import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '@hearsay/core';
import { AcknowledgedWriter } from '../soak/acknowledged-writer.ts';
import { tokensOf } from '../soak/kills.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess, nodeProcess } from '../support/node-process.ts';
import { canHarmDisk, makePowerDisk, type PowerDisk } from '../support/power-disk.ts';
import { type Measure, type Trial, TrialRefusedError } from './trial.ts';

/** When the power goes. */
const moments = ['writing', 'tables', 'recovery', 'creating'] as const;
type Moment = (typeof moments)[number];

/** A node whose file system loses its power again and again, at moments that hurt. */
export const powerLoss: Trial = {
  about: 'power loss of a real file system under writes, table compactions, recoveries and first starts',
  needs: 'root',
  async run({ scale, seed, signal, say }) {
    if (!(await canHarmDisk('cut'))) {
      throw new TrialRefusedError('power-loss takes root, a loop device, mkfs.ext4 and perl');
    }
    const rounds = Math.max(moments.length, Math.round(fullRounds * scale));
    const outage = new Outage(await makePowerDisk(diskMegabytes), createRandom(`power ${seed}`));
    try {
      await outage.begin();
      for (let round = 0; round < rounds && !signal.aborted; round++) {
        const moment = moments[round % moments.length] ?? 'writing';
        await outage.round(round, moment);
        if ((round + 1) % 10 === 0)
          say(`${round + 1} of ${rounds} cuts, ${outage.acknowledged} updates acknowledged`);
      }
      return await outage.measures();
    } finally {
      await outage.end();
    }
  },
};

const fullRounds = 60;
const diskMegabytes = 2048;
const writers = 3;
/** LevelDB writes a table for every 4 MB of log. */
const largeValue = 60_000;
const unacknowledged = 8;

class Outage {
  readonly #disk: PowerDisk;
  readonly #random: Random;
  readonly #written = new Map<string, readonly string[]>();
  readonly #cuts = new Map<string, number>();
  readonly #refused: string[] = [];
  #node: NodeProcess | undefined;
  #created: NodeProcess | undefined;
  #sent = 0;
  #lost = 0;
  /**
   * Acknowledged while the power went, and not there. The kernel lets a sync that comes between the end of its journal and
   * the end of the file system succeed and does not keep it, as a bare write and fdatasync in its place shows. Nobody is
   * left to hear of it when a whole machine loses its power.
   */
  #heardTooLate = 0;
  #longestStartMs = 0;
  acknowledged = 0;

  constructor(disk: PowerDisk, random: Random) {
    this.#disk = disk;
    this.#random = random;
  }

  async begin(): Promise<void> {
    this.#node = await this.#nodeIn('data');
    await this.#node.start();
  }

  async round(round: number, moment: Moment): Promise<void> {
    this.#cuts.set(moment, (this.#cuts.get(moment) ?? 0) + 1);
    if (moment === 'creating') return this.#cutFirstStart(round);
    const node = this.#running();
    // One each: who only writes is closed once too much of what others wrote waits for it.
    const names = Array.from({ length: writers }, (_, at) => `document ${round}.${at}`);
    const clients = names.map((name) => new AcknowledgedWriter(node.url, name));
    await eventually('writers to be let in', () => clients.every(({ open }) => open));
    const ended = new AbortController();
    const writing = this.#write(clients, moment === 'tables' ? largeValue : 0, ended.signal);
    if (moment === 'tables') await this.#untilTable(join(this.#disk.directory, 'data', 'db'));
    else await delay(50 + this.#random.below(800));
    const acknowledged = clients.map((client) => [...client.acknowledged]);
    await this.#cut([node]);
    ended.abort();
    await writing;
    await eventually('clients to see the end', () => clients.every(({ open }) => !open));
    for (const client of clients) client.end();
    if (moment === 'recovery') {
      const starting = node.start().catch(() => {});
      await delay(100 + this.#random.below(600));
      await this.#cut([node]);
      await starting;
    }
    await this.#start(node);
    this.#sent += clients.reduce((sum, { sent }) => sum + sent.length, 0);
    for (const [at, name] of names.entries()) {
      const inTime = acknowledged[at] ?? [];
      this.acknowledged += inTime.length;
      this.#written.set(name, inTime);
      const lost = await this.#missing(name, inTime);
      this.#lost += lost;
      this.#heardTooLate += (await this.#missing(name, clients[at]?.acknowledged ?? [])) - lost;
    }
  }

  async measures(): Promise<readonly Measure[]> {
    // Once more: what was there after its own cut must have outlived those that followed.
    for (const [name, tokens] of this.#written) this.#lost += await this.#missing(name, tokens);
    const cuts = [...this.#cuts].map(([moment, value]) => ({
      what: `cuts while ${moment}`,
      value,
      unit: '',
    }));
    return [
      ...cuts,
      { what: 'updates sent', value: this.#sent, unit: '' },
      { what: 'acknowledged', value: this.acknowledged, unit: 'updates', atLeast: 1 },
      { what: 'of these lost', value: this.#lost, unit: 'updates', atMost: 0 },
      { what: 'acknowledged while the power went, and gone', value: this.#heardTooLate, unit: 'updates' },
      { what: 'starts refused', value: this.#refused.length, unit: '', atMost: 0 },
      { what: 'longest start', value: this.#longestStartMs / 1000, unit: 's' },
    ];
  }

  async end(): Promise<void> {
    for (const node of [this.#node, this.#created]) await node?.stop('SIGKILL');
    await this.#disk.remove();
  }

  /** Not a byte of its store is there yet, or some, or all. */
  async #cutFirstStart(round: number): Promise<void> {
    const created = await this.#nodeIn(`created-${round}`);
    this.#created = created;
    const starting = created.start().catch(() => {});
    await eventually('the directory to be made', async () =>
      (await readdir(this.#disk.directory)).includes(`created-${round}`),
    );
    await delay(this.#random.below(150));
    await this.#cut([created, this.#running()]);
    await starting;
    await this.#start(created);
    await created.stop('SIGKILL');
    await this.#start(this.#running());
  }

  async #cut(nodes: readonly NodeProcess[]): Promise<void> {
    await this.#disk.cut();
    // So that what a node says to a dead disk is heard.
    await delay(50);
    for (const node of nodes) await node.stop('SIGKILL');
    await this.#disk.restore();
  }

  async #start(node: NodeProcess): Promise<void> {
    const startedAt = performance.now();
    await node.start().catch((error: unknown) => {
      this.#refused.push(String(error));
      throw error;
    });
    this.#longestStartMs = Math.max(this.#longestStartMs, performance.now() - startedAt);
  }

  /** How many are not there. */
  async #missing(name: string, tokens: readonly string[]): Promise<number> {
    const kept = await tokensOf(this.#running(), encodeURIComponent(name));
    return tokens.filter((token) => !kept.has(token)).length;
  }

  async #write(clients: readonly AcknowledgedWriter[], bytes: number, ended: AbortSignal): Promise<void> {
    for (let turn = 0; !ended.aborted; turn++) {
      for (const [index, client] of clients.entries()) {
        // What waits for the disk is bounded.
        if (bytes > 0 && client.sent.length - client.acknowledged.length > unacknowledged) continue;
        // No checksum or compression sees through it.
        const value = bytes === 0 ? 1 : Buffer.from(this.#random.bytes((bytes * 3) / 4)).toString('base64');
        client.write(`${index}-${turn}`, value);
      }
      await delay(2);
    }
  }

  /** Until LevelDB has merged tables into others: those it has merged are gone, as with no mere writing out of its buffer. */
  async #untilTable(database: string): Promise<void> {
    const tables = async (): Promise<ReadonlySet<string>> =>
      new Set((await readdir(database)).filter((file) => file.endsWith('.ldb')));
    let before = await tables();
    await eventually('tables to be merged', async () => {
      const now = await tables();
      const isMerged = [...before].some((name) => !now.has(name));
      before = now;
      return isMerged;
    });
  }

  async #nodeIn(directory: string): Promise<NodeProcess> {
    const data = join(this.#disk.directory, directory);
    return nodeProcess(await freePort(), [
      ...['--data', data, '--log-format', 'json', '--log-level', 'error'],
      // Writers go on until LevelDB has merged tables.
      ...['--max-document-bytes', '0'],
    ]);
  }

  #running(): NodeProcess {
    if (this.#node === undefined) throw new Error('not begun');
    return this.#node;
  }
}
