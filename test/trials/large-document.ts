import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { hocuspocus } from '../bench/fan-out/frames.ts';
import { Cluster, proofFor, statusOf, untilEqual } from '../cluster/cluster.ts';
import { AcknowledgedWriter } from '../soak/acknowledged-writer.ts';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { peakMemoryMiB } from '../support/process-figures.ts';
import { Bystanders } from './large/bystanders.ts';
import {
  deletes,
  type LargeDocument,
  largeMap,
  perforated,
  tombstones,
  typedText,
} from './large/documents.ts';
import { clocksOf, type Joined, join } from './large/joiner.ts';
import { heldUpMs, probed } from './large/loop-probe.ts';
import { prefillLarge } from './large/prefill.ts';
import type { Measure, Trial, TrialOptions } from './trial.ts';

/** Documents near the bound of what clients may write, beside clients with small ones of their own. */
export const largeDocument: Trial = {
  about: 'documents of up to 32 MiB are opened, edited, compacted, copied and deleted beside small ones',
  async run(options) {
    const { scale, say, signal } = options;
    const measures: Measure[] = [];
    for (const make of kinds(scale)) {
      if (signal.aborted) break;
      const document = make();
      const bytes = document.log.reduce((sum, { byteLength }) => sum + byteLength, 0);
      say(`${document.name}: ${Math.round(bytes / 1024)} KiB in ${document.log.length} updates`);
      measures.push(...(await courseOf(document, options)));
    }
    return measures;
  },
};

const megabyte = 1_000_000;

function kinds(scale: number): readonly (() => LargeDocument)[] {
  return [
    () => typedText(28 * megabyte * scale),
    () => tombstones(1_700_000 * scale),
    () => perforated(9 * megabyte * scale),
    () => largeMap(28 * megabyte * scale),
  ];
}

/** One document through all that happens to documents. */
export function courseOf(document: LargeDocument, options: TrialOptions): Promise<readonly Measure[]> {
  return new Course(document, options).run();
}

/** Milliseconds. */
const limitsMs = { heldUp: 250, acknowledged: 100 };

class Course {
  readonly #document: LargeDocument;
  readonly #options: TrialOptions;
  readonly #cluster = new Cluster();
  readonly #measures: Measure[] = [];

  constructor(document: LargeDocument, options: TrialOptions) {
    this.#document = document;
    this.#options = options;
  }

  async run(): Promise<readonly Measure[]> {
    const cluster = this.#cluster;
    const { name } = this.#document;
    try {
      const data = await cluster.directory();
      await prefillLarge(data, [this.#document]);
      const node = await cluster.node({ data, runtime: probed });
      const bystanders = await Bystanders.begin(node.url, 5, 'small');
      cluster.after(() => bystanders.end());
      const measure = (what: string, act: () => Promise<unknown>): Promise<void> =>
        this.#measure(node, bystanders, what, act);
      let joined: Joined | undefined;
      await measure('beside nothing', () => delay(2000 * this.#options.scale));
      await measure('first joined', async () => {
        joined = await join(node.url, name);
      });
      this.#figure('first joined: took', (joined?.tookMs ?? Number.NaN) / 1000, 's');
      this.#figure('clients that it lacks', this.#lacking(joined?.pieces ?? []), '', { atMost: 0 });
      await measure('edited', () => this.#edit(node));
      await measure('compacted', () => this.#compacted(node));
      await measure('joined again', () => join(node.url, name));
      let slowest = 0;
      await measure('joined by ten at once', async () => {
        const all = await Promise.all(Array.from({ length: 10 }, () => join(node.url, name)));
        slowest = Math.max(...all.map(({ tookMs }) => tookMs));
      });
      this.#figure('joined by ten at once: took', slowest / 1000, 's');
      await measure('many deletes in one update', () => this.#deleteMany(node));
      const began = performance.now();
      let peer: NodeProcess | undefined;
      await measure('copied to a new peer', async () => {
        peer = await cluster.node({ join: [node.url], runtime: probed });
        await heldUpMs(peer);
        await untilEqual([node, peer], 6, 300_000);
      });
      this.#figure('copied to a new peer: took', (performance.now() - began) / 1000, 's');
      if (peer !== undefined)
        this.#figure('new peer: held up', await heldUpMs(peer), 'ms', { atMost: limitsMs.heldUp });
      await measure('backed up', () => this.#call(node, 'GET', '/api/admin/backup'));
      await measure('deleted', () => this.#call(node, 'DELETE', `/api/documents/default/${name}`));
      await measure('brought back', () => this.#call(node, 'POST', `/api/deleted/default/${name}`));
      const back = await join(node.url, name);
      this.#figure('clients that it lacks, brought back', this.#lacking(back.pieces), '', { atMost: 0 });
      const status = await statusOf(node);
      this.#figure('documents parked', status.parked.length, '', { atMost: 0 });
      this.#figure('memory at most', await peakMemoryMiB(node.pid() ?? 0), 'MiB');
      await bystanders.end();
      await node.stop('SIGTERM');
      return this.#measures;
    } finally {
      await cluster.end();
    }
  }

  async #measure(
    node: NodeProcess,
    bystanders: Bystanders,
    what: string,
    act: () => Promise<unknown>,
  ): Promise<void> {
    await bystanders.p99();
    await heldUpMs(node);
    const beganAt = performance.now();
    await act();
    const took = performance.now() - beganAt;
    // What it held up is felt by those who come after it.
    await bystanders.round();
    this.#figure(`${what}: held up`, await heldUpMs(node), 'ms', { atMost: limitsMs.heldUp });
    this.#figure(`${what}: others' p99`, await bystanders.p99(), 'ms', { atMost: limitsMs.acknowledged });
    this.#options.say(
      `${what}: ${Math.round(took)} ms, held up ${Math.round(this.#measures.at(-2)?.value ?? 0)} ms, p99 ${Math.round(this.#measures.at(-1)?.value ?? 0)}`,
    );
  }

  #figure(what: string, value: number, unit: string, limit: { atMost?: number } = {}): void {
    this.#measures.push({ what: `${this.#document.name}: ${what}`, value, unit, ...limit });
  }

  #lacking(pieces: readonly Uint8Array[]): number {
    const found = clocksOf(pieces);
    return [...this.#document.clocks].filter(([client, clock]) => found.get(client) !== clock).length;
  }

  async #compacted(node: NodeProcess): Promise<void> {
    await eventually(
      'the document to be compacted',
      async () => {
        const { compactions, compactionFailures } = (await statusOf(node)).store.counters;
        return compactions + compactionFailures > 0;
      },
      120_000,
    );
  }

  /** A hundred edits, every other of which deletes one character. */
  async #edit(node: NodeProcess): Promise<void> {
    const { name, clocks } = this.#document;
    let heard = 0;
    const author = new AcknowledgedWriter(node.url, name, () => heard++);
    this.#cluster.after(() => author.end());
    await eventually('the author to be let in', () => author.open);
    const [[client] = [0]] = clocks;
    for (let turn = 0; turn < 50; turn++) {
      author.write(`edit ${turn}`);
      await this.#send(node, deletes(client, turn * 40, 1));
      await eventually('the edit to be acknowledged', () => heard > turn, 60_000);
    }
    author.end();
  }

  /** About a megabyte of them. */
  async #deleteMany(node: NodeProcess): Promise<void> {
    const [, last] = [...this.#document.clocks];
    const [client, clock] = last ?? [...this.#document.clocks][0] ?? [0, 0];
    await this.#send(node, deletes(client, 0, Math.min(200_000, Math.floor(clock / 2))));
  }

  /** Sends an update and waits for its acknowledgement. */
  #send(node: NodeProcess, update: Uint8Array): Promise<void> {
    const { name } = this.#document;
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${node.url}${hocuspocus.path(name)}`, { perMessageDeflate: false });
      socket.on('error', reject);
      socket.on('open', () => {
        socket.send(hocuspocus.opening(name)[0] as Uint8Array);
        socket.send(hocuspocus.update(name, update));
      });
      socket.on('message', (frame: Buffer) => {
        // Name, then the type of the message: 8 tells that a write was saved.
        if (frame[name.length + 1] !== 8) return;
        socket.terminate();
        if (frame[name.length + 2] === 1) resolve();
        else reject(new Error('an edit was refused'));
      });
    });
  }

  async #call(node: NodeProcess, method: string, path: string): Promise<void> {
    const authorization = await proofFor(node);
    const answer = await fetch(`${node.http}${path}`, { method, headers: { authorization } });
    await answer.arrayBuffer();
    if (!answer.ok) this.#figure(`${method} ${path} was refused`, answer.status, '', { atMost: 299 });
  }
}
