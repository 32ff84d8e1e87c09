import { eventually } from '../../support/eventually.ts';
import type { NodeProcess } from '../../support/node-process.ts';

/**
 * Options of Node.js with which a node tells, when it is sent SIGUSR2, how long its main thread was held up at most since it last
 * told. A look every 2 ms sees more than the metrics of a node, which look every 100.
 */
export const probed: readonly string[] = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import { isMainThread } from 'node:worker_threads';
    if (isMainThread) {
      let last = performance.now();
      let longest = 0;
      let told = 0;
      setInterval(() => {
        const now = performance.now();
        longest = Math.max(longest, now - last - 2);
        last = now;
      }, 2).unref();
      process.on('SIGUSR2', () => {
        process.stdout.write(JSON.stringify({ probe: ++told, heldUpMs: longest }) + '\\n');
        longest = 0;
      });
    }
  `)}`,
];

/** Milliseconds that the node's main thread was held up at most since this was last asked. */
export async function heldUpMs(node: NodeProcess): Promise<number> {
  const before = told(node).length;
  node.signal('SIGUSR2');
  await eventually('the node to tell its lag', async () => told(node).length > before, 60_000);
  return told(node).at(-1) ?? Number.NaN;
}

function told(node: NodeProcess): number[] {
  return [...node.output().matchAll(/^\{"probe":\d+,"heldUpMs":([\d.]+)\}$/gm)].map(([, ms]) => Number(ms));
}
