import { expect, test } from 'vitest';
import { TestCluster } from '../testing/cluster.ts';
import { testWriter } from '../testing/writer.ts';

test('G1: smoke', async () => {
  const cluster = new TestCluster();
  const [a, b, c] = await cluster.startMesh(['a', 'b', 'c']);
  await cluster.until(() => cluster.isMeshed());
  const writer = testWriter(1);
  await a?.replica.write('doc', writer.type('hello'));
  await cluster.until(() => cluster.isEqual(), 1000);
  expect(b?.replica.text('doc')).toEqual(a?.replica.text('doc'));
  expect(c?.replica.text('doc')).toBeDefined();
  for (const { from, to, said, bytes } of cluster.spoken)
    console.log(from, to, said.channel, said.message.type, bytes);
  for (const e of a?.events ?? []) console.log(JSON.stringify(e));
});
