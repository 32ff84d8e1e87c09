import type { TaggedError } from '@hearsay/core';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { Oracles } from '../oracles/oracles.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Coverage } from './coverage.ts';
import { hasHopeless, waitingInVain } from './hopeless.ts';

export interface OperatorDeps {
  readonly time: VirtualTime;
  readonly nodes: readonly SimulatedNode[];
  readonly coverage: Coverage;
  readonly oracles: Oracles;
}

/** How long an operator takes to see to a node whose store does not open. */
const attendMs = 2000;

/** Refusals to open that pass, or may: the process is simply started again. */
const worthAnotherStart: ReadonlySet<string> = new Set(['STORE_UNREADABLE', 'STORE_LOCKED', 'STORE_GONE']);

/** Does by hand what nodes leave to people. */
export class Operator {
  readonly #deps: OperatorDeps;

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
  }

  /** Somebody sees to it: another start, or a new disk where the data are gone anyway. */
  broken(node: SimulatedNode, { code, message }: TaggedError): void {
    const { coverage, time, oracles } = this.#deps;
    coverage.count(`broken:${code}`);
    const hopeless = !worthAnotherStart.has(code);
    if (hopeless && !oracles.wasSuspected(node)) {
      oracles.report('opens again', `${node.name} with an honest disk: ${code} ${message}`);
    }
    const { starts } = node;
    time.after(attendMs, () => {
      if (node.starts !== starts) return;
      if (!hopeless) node.start();
      else {
        oracles.disaster(node);
        void node.disk.wipe().then(() => node.start());
      }
    });
  }

  /** The peers of a node refuse a store that has gone back in time: it gets a new identity. */
  renew(node: SimulatedNode): void {
    const { starts } = node;
    this.#deps.coverage.count('state:restoredBackupRefused');
    this.#deps.time.after(attendMs, () => {
      if (node.starts !== starts || node.state !== 'running') return;
      void node.kill().then(() => {
        node.disk.forgetSentinel();
        node.start();
      });
    });
  }

  /**
   * What only one node had and cannot read, nobody can mend: that node is rebuilt from its peers. Where just something is missing
   * on which the rest builds, that is given up.
   */
  async seeToDamage(): Promise<void> {
    const running = this.#deps.nodes.filter(({ state }) => state === 'running');
    for (const node of running) {
      const others = running.filter((other) => other !== node);
      for (const id of await waitingInVain(node, others)) {
        this.#deps.coverage.count('state:salvaged');
        this.#deps.oracles.disaster(node);
        await node.store?.salvage(id);
      }
      if (!(await hasHopeless(node, others))) continue;
      this.#deps.coverage.count('state:rebuiltFromPeers');
      this.#deps.oracles.disaster(node);
      await node.kill();
      await node.disk.wipe();
      node.start();
    }
  }
}
