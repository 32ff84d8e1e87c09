import { expect, test } from 'vitest';
import { runLargeCluster } from './large-cluster.ts';

test('Z50: a cluster above the meshed size ends equal after joins, loss, crashes and a partition', {
  timeout: 120_000,
}, async () => {
  const phases = await runLargeCluster({ nodes: 48, seed: 'forty-eight', edits: 30, documents: 10 });
  expect(phases.map(({ phase, equalAfterMs }) => [phase, equalAfterMs !== undefined])).toEqual([
    ['join', true],
    ['edit', true],
    ['crash and restart', true],
    ['partition and heal', true],
  ]);
  for (const { frames, bytes } of phases) {
    expect(frames).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(frames);
  }
});
