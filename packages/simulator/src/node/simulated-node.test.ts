import { expect, test } from 'vitest';
import { createSimulatedCluster } from '../cluster/create-cluster.ts';

test('F4: what a paused node is asked while it stops is asked in vain, and nothing comes of it', async () => {
  const cluster = createSimulatedCluster({ seed: 'stopped while paused', nodes: 1 });
  cluster.start();
  await cluster.run(1000);
  const node = cluster.inner.node(0);
  const asked: string[] = [];
  node.pause();
  const stopped = node.stop();
  await cluster.run(1000);
  node.enter(async (store) => {
    asked.push('asked');
    await store.lookup({ collection: 'default', name: 'never read' });
    asked.push('answered');
  });
  node.resume();
  await cluster.inner.time.complete(stopped);
  expect(node.state).toBe('down');
  expect(asked).toEqual(['asked']);
});
