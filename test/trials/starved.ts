import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, untilEqual } from '../cluster/cluster.ts';
import { AcknowledgedWriter } from '../soak/acknowledged-writer.ts';
import { tokensOf } from '../soak/kills.ts';
import { canLimitCpu, makeCpuQuota } from '../support/cpu-quota.ts';
import { eventually } from '../support/eventually.ts';
import type { NodeProcess } from '../support/node-process.ts';
import { type Measure, type Trial, TrialRefusedError } from './trial.ts';

/** Three times the longest suspicion among three nodes: 6 × 4 × 1 s (membership.suspicion… of `hearsay settings`). */
const starvedMs = 72_000;

/** One of three nodes gets a share of a core that its work does not fit in. */
export const starved: Trial = {
  about: 'one of three nodes with 5 %, then 1 % of a core: nobody is taken for dead, nothing is lost',
  needs: 'root',
  async run({ scale, signal, say }) {
    if (!(await canLimitCpu())) throw new TrialRefusedError('starved takes root and control groups');
    const cluster = new Cluster();
    const quota = await makeCpuQuota(`hearsay-starved-${process.pid}`);
    try {
      cluster.after(() => quota.remove());
      const nodes = await cluster.nodes(3);
      const [well, , poor] = nodes;
      const pid = poor?.pid();
      if (well === undefined || poor === undefined || pid === undefined) throw new Error('no nodes');
      await quota.add(pid);
      const measures: Measure[] = [];
      for (const share of [0.05, 0.01]) {
        if (signal.aborted) break;
        const percent = `${share * 100} %`;
        say(`${percent} for ${Math.round((starvedMs * scale) / 1000)} s`);
        const before = nodes.map((node) => node.output().length);
        const writers = [well, poor].map(
          (node, at) => new AcknowledgedWriter(node.url, `at ${percent} ${at}`),
        );
        await eventually('writers to be let in', () => writers.every(({ open }) => open));
        await quota.set(share);
        const endsAt = performance.now() + starvedMs * scale;
        for (let turn = 0; performance.now() < endsAt && !signal.aborted; turn++) {
          for (const [at, writer] of writers.entries()) writer.write(`${at}-${turn}`);
          await delay(200);
        }
        const seen = nodes.map((node, at) => node.output().slice(before[at]));
        await quota.set(undefined);
        const acknowledged = writers.map((writer) => [...writer.acknowledged]);
        for (const writer of writers) writer.end();
        await untilEqual(nodes, 1, 60_000);
        const lost = await missing(nodes, percent, acknowledged);
        measures.push(
          { what: `${percent}: taken for dead`, value: times(seen, 'dead'), unit: 'times', atMost: 0 },
          { what: `${percent}: suspected`, value: times(seen, 'suspect'), unit: 'times' },
          {
            what: `${percent}: acknowledged by a well node`,
            value: acknowledged[0]?.length ?? 0,
            unit: 'updates',
          },
          {
            what: `${percent}: acknowledged by the starved`,
            value: acknowledged[1]?.length ?? 0,
            unit: 'updates',
          },
          { what: `${percent}: of these lost on any node`, value: lost, unit: 'updates', atMost: 0 },
        );
      }
      return measures;
    } finally {
      await cluster.end();
    }
  },
};

/** How often the nodes' logs tell of a member that has come to a status. */
function times(logs: readonly string[], status: string): number {
  return logs.reduce((sum, log) => sum + log.split(`"status":"${status}"`).length - 1, 0);
}

async function missing(
  nodes: readonly NodeProcess[],
  percent: string,
  acknowledged: readonly (readonly string[])[],
): Promise<number> {
  let lost = 0;
  for (const node of nodes) {
    for (const [at, tokens] of acknowledged.entries()) {
      const kept = await tokensOf(node, encodeURIComponent(`at ${percent} ${at}`));
      lost += tokens.filter((token) => !kept.has(token)).length;
    }
  }
  return lost;
}
