import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from '../cluster/cluster.ts';
import { tokensOf } from '../soak/kills.ts';
import { freePort, type NodeProcess } from '../support/node-process.ts';
import { peakMemoryMiB, processorMs } from '../support/process-figures.ts';
import { HealthWatch } from './storm/health-watch.ts';
import { Herd } from './storm/herd.ts';
import type { HerdPlan } from './storm/herd-messages.ts';
import { Insider } from './storm/insider.ts';
import type { Measure, Trial, TrialOptions } from './trial.ts';

/** Thousands of clients that all come back at once, and that keep coming while the node is away. */
export const storm: Trial = {
  about: '5,000 clients come back within a second of a kill, and storm a node through an outage of a minute',
  async run(options) {
    const cluster = new Cluster();
    try {
      const peer = await cluster.node();
      const healthPort = await freePort();
      const node = await cluster.node({ join: [peer.url], with: ['--health-port', String(healthPort)] });
      const trial = new Storm(node, healthPort, options);
      cluster.after(() => trial.end());
      return await trial.run();
    } finally {
      await cluster.end();
    }
  },
};

const fullClients = 5000;
const fullOutageMs = 60_000;
const processes = 5;
/** Until all are served again, and until the load is what it was. */
const limitsMs = { served: 60_000, normal: 120_000 };

class Storm {
  readonly #node: NodeProcess;
  readonly #healthPort: number;
  readonly #options: TrialOptions;
  readonly #clients: number;
  readonly #herd: Herd;
  readonly #insiders: Insider[] = [];

  constructor(node: NodeProcess, healthPort: number, options: TrialOptions) {
    this.#node = node;
    this.#healthPort = healthPort;
    this.#options = options;
    this.#clients = Math.max(40, Math.round(fullClients * options.scale));
    const plan: Omit<HerdPlan, 'first'> = {
      url: node.url,
      clients: this.#clients,
      sharedDocuments: Math.max(4, Math.round(this.#clients / 10)),
      rampMs: 30_000 * options.scale,
      retryMs: 1000,
      hasProviders: true,
      addresses: [],
      writeEveryMs: 50,
    };
    this.#herd = new Herd(plan, Math.min(processes, Math.ceil(this.#clients / 200)));
  }

  async run(): Promise<readonly Measure[]> {
    const { scale, say, signal } = this.#options;
    const first = await this.#herd.untilServed(this.#clients, 300_000, signal);
    say(`${first.servedSinceMark} of ${first.clients} clients are served`);
    await delay(5000 * scale);
    const usual = await this.#load();
    const storm = await this.#breakDown('storm', 0);
    const outage = await this.#breakDown('outage', fullOutageMs * scale);
    const normalAfterMs = await this.#untilUsual(usual);
    const tokens = await this.#herd.tokens();
    say(`${tokens.size} documents are compared`);
    return [
      { what: 'clients', value: first.servedSinceMark, unit: '', atLeast: this.#clients },
      ...storm,
      ...outage,
      {
        what: 'outage: load usual again after',
        value: normalAfterMs / 1000,
        unit: 's',
        atMost: limitsMs.normal / 1000,
      },
      { what: 'acknowledged', value: [...tokens.values()].flat().length, unit: 'updates', atLeast: 1 },
      { what: 'of these lost', value: await this.#lost(tokens), unit: 'updates', atMost: 0 },
    ];
  }

  async end(): Promise<void> {
    for (const insider of this.#insiders) await insider.end();
    await this.#herd.end();
  }

  /** Kills the node, leaves it away for so long, and sees it come back. */
  async #breakDown(what: string, awayMs: number): Promise<Measure[]> {
    const { say, signal } = this.#options;
    const before = await this.#herd.report();
    await this.#node.stop('SIGKILL');
    await delay(Math.max(1000, awayMs), undefined, { signal }).catch(() => {});
    this.#herd.mark();
    const away = await this.#herd.report();
    const insider = new Insider(this.#node.url, `insider-${what}`);
    this.#insiders.push(insider);
    const watch = new HealthWatch(this.#node, this.#healthPort);
    const beside = new HealthWatch(this.#node, this.#node.port);
    const startedAt = Date.now();
    const starting = this.#node.start();
    const after = await this.#herd.untilServed(this.#clients, 3 * limitsMs.served, signal);
    await starting;
    await watch.end();
    await beside.end();
    await insider.end();
    const isServed = after.servedSinceMark >= this.#clients;
    const tookS = isServed ? (after.lastServedAt - startedAt) / 1000 : Number.NaN;
    say(
      `${what}: ${after.servedSinceMark} of ${after.clients} served, refused ${JSON.stringify(after.refused)}`,
    );
    const seconds = (ms: number | undefined): number => (ms ?? Number.NaN) / 1000;
    return [
      { what: `${what}: attempts in vain`, value: away.attempts - before.attempts, unit: '' },
      { what: `${what}: attempts until served`, value: after.attempts - away.attempts, unit: '' },
      { what: `${what}: ready after`, value: seconds(watch.readyAfterMs), unit: 's' },
      { what: `${what}: linked to its peer after`, value: seconds(watch.linkedAfterMs), unit: 's' },
      { what: `${what}: all served after`, value: tookS, unit: 's', atMost: limitsMs.served / 1000 },
      { what: `${what}: /healthz took at most`, value: watch.longestMs, unit: 'ms', atMost: 1000 },
      { what: `${what}: the same on the clients' port`, value: beside.longestMs, unit: 'ms' },
      { what: `${what}: acknowledgement of who was in took at most`, value: insider.longestMs, unit: 'ms' },
      { what: `${what}: who was in was put out`, value: insider.losses, unit: 'times', atMost: 0 },
      { what: `${what}: memory at most`, value: await this.#memory(), unit: 'MiB', atMost: 1024 },
    ];
  }

  /** Milliseconds of processor that the node takes in a second. */
  async #load(): Promise<number> {
    const pid = this.#node.pid() ?? 0;
    const before = await processorMs(pid);
    const beganAt = performance.now();
    await delay(loadMs);
    return ((await processorMs(pid)) - before) / ((performance.now() - beganAt) / 1000);
  }

  async #untilUsual(usual: number): Promise<number> {
    const beganAt = performance.now();
    while (!this.#options.signal.aborted) {
      // What it is to be equal to was measured on a machine that does other things as well.
      if ((await this.#load()) <= usual * 1.5 + 50) return performance.now() - beganAt;
      if (performance.now() - beganAt > 2 * limitsMs.normal) break;
    }
    return Number.NaN;
  }

  #memory(): Promise<number> {
    return peakMemoryMiB(this.#node.pid() ?? 0);
  }

  async #lost(tokens: ReadonlyMap<string, readonly string[]>): Promise<number> {
    let lost = 0;
    for (const [document, acknowledged] of tokens) {
      if (acknowledged.length === 0) continue;
      const kept = await tokensOf(this.#node, document);
      lost += acknowledged.filter((token) => !kept.has(token)).length;
    }
    return lost;
  }
}

const loadMs = 3000;
