import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeStatus } from '@hearsay/server';
import { rootsOf, statusOf } from '../cluster/cluster.ts';
import { AcknowledgedWriter } from '../soak/acknowledged-writer.ts';
import { tokensOf } from '../soak/kills.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import { type Measure, type Trial, type TrialOptions, TrialRefusedError } from './trial.ts';

/** Stands for the build that runs the trial. */
const thisBuild = null;
type Build = string | typeof thisBuild;
const size = 3;

/** A cluster that goes from one build to another and back, a node at a time, under writes. */
export const versionSkew: Trial = {
  about: 'a rolling upgrade and downgrade between this build and another (--other), under writes',
  async run(options) {
    const { other, say } = options;
    if (other === undefined) throw new TrialRefusedError(usage);
    await access(entryOf(other)).catch(() => {
      throw new TrialRefusedError(`${entryOf(other)} is not there. ${usage}`);
    });
    const trial = new Rolling(options);
    try {
      say(`${size} nodes of ${other}`);
      for (let index = 0; index < size; index++) await trial.start(index, other);
      for (const [what, build] of [
        ['upgraded', thisBuild],
        ['downgraded', other],
        ['upgraded again', thisBuild],
      ] as const) {
        for (let index = 0; index < size; index++) {
          await trial.change(index, build);
          say(`node ${index} is ${what}, all are equal`);
        }
      }
      return await trial.measures();
    } finally {
      await trial.end();
    }
  },
};

const usage =
  'Give the compiled checkout of another release with --other, made with:\n' +
  '  git worktree add ../other REVISION && cd ../other && npx --yes pnpm@10 build';

/** The nodes' program in a checkout. */
function entryOf(build: string): string {
  return join(build, 'apps', 'server', 'dist', 'main.js');
}

class Rolling {
  readonly #nodes: NodeProcess[] = [];
  readonly #places: { readonly port: number; readonly data: string }[] = [];
  readonly #acknowledged = new Map<string, string[]>();
  readonly #perNode: number;
  readonly #directory: Promise<string>;
  #changes = 0;
  #refusals = 0;

  constructor({ scale }: TrialOptions) {
    this.#perNode = Math.max(10, Math.round(2000 * scale));
    this.#directory = mkdtemp(join(tmpdir(), 'hearsay-skew-'));
  }

  async start(index: number, build: Build): Promise<void> {
    this.#places[index] ??= {
      port: await freePort(),
      data: join(await this.#directory, String(index)),
    };
    const { port, data } = this.#places[index];
    const seeds = this.#places.filter((place) => place.port !== port);
    const flags = ['--data', data, '--cluster', 'skew', '--log-level', 'error', '--repair-interval', '1000'];
    this.#nodes[index] = await startNodeProcess(
      port,
      [...flags, ...seeds.flatMap((seed) => ['--join', `ws://127.0.0.1:${seed.port}`])],
      { HEARSAY_SECRET: '5f0c7ab1e99d42c6b83a1740d2ce96fb' },
      { entry: build === thisBuild ? undefined : entryOf(build) },
    );
  }

  /** Stops a node in the midst of writes to all, starts it as another build, and waits for equality. */
  async change(index: number, build: Build): Promise<void> {
    const name = `document ${this.#changes++}`;
    const writers = this.#nodes.map(({ url }) => new AcknowledgedWriter(url, name));
    await eventually('writers to be let in', () => writers.every(({ open }) => open));
    for (const [at, writer] of writers.entries()) {
      for (let n = 0; n < this.#perNode; n++) writer.write(`${at}-${n}`);
    }
    await eventually('the first acknowledgements', () =>
      writers.every((writer) => writer.acknowledged.length > 0),
    );
    await this.#nodes[index]?.stop('SIGTERM');
    await this.start(index, build);
    const others = writers.filter((_, at) => at !== index);
    await eventually('the others to acknowledge all', () =>
      others.every(({ acknowledged, sent }) => acknowledged.length === sent.length),
    );
    for (const writer of writers) writer.end();
    this.#acknowledged.set(
      name,
      writers.flatMap(({ acknowledged }) => acknowledged),
    );
    await eventually('all to be linked and equal', () => this.#isEqual(), 60_000);
    for (const node of this.#nodes) {
      // Another release may not tell of all.
      const { refusals, alarms }: Partial<NodeStatus['gossip']> = (await statusOf(node)).gossip;
      this.#refusals += (refusals?.length ?? 0) + (alarms?.length ?? 0);
    }
  }

  async measures(): Promise<readonly Measure[]> {
    let lost = 0;
    let kept = 0;
    for (const [name, tokens] of this.#acknowledged) {
      for (const node of this.#nodes) {
        const there = await tokensOf(node, name);
        lost += tokens.filter((token) => !there.has(token)).length;
      }
      kept += tokens.length;
    }
    return [
      { what: 'nodes that changed their build', value: this.#changes, unit: 'times', atLeast: 3 * size },
      { what: 'acknowledged', value: kept, unit: 'updates', atLeast: 1 },
      { what: 'of these lost on any node', value: lost, unit: 'updates', atMost: 0 },
      { what: 'links refused, alarms', value: this.#refusals, unit: '', atMost: 0 },
    ];
  }

  async end(): Promise<void> {
    for (const node of this.#nodes) await node.stop('SIGKILL');
    await rm(await this.#directory, { recursive: true, force: true });
  }

  async #isEqual(): Promise<boolean> {
    const statuses = await Promise.all(this.#nodes.map(statusOf));
    if (statuses.some(({ gossip }) => gossip.linkedPeers !== size - 1)) return false;
    const roots = await Promise.all(this.#nodes.map(rootsOf));
    return roots.every((root) => root === roots[0] && root !== '');
  }
}
