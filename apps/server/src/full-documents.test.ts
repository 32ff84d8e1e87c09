import { afterEach, expect, test } from 'vitest';
import { Bench } from './testing/running-node.ts';

const bench = new Bench();

afterEach(() => bench.end());

test('A149: who adds to a document of its full weight is turned away for good, and says why; others read it', async () => {
  const node = await bench.node({ maxDocumentBytes: 10_000 });
  const open = (): ReturnType<Bench['client']> & { readonly closes: unknown[] } => {
    const client = bench.client(node, 'a');
    const closes: unknown[] = [];
    client.provider.on('connection-close', (event) => closes.push([event?.code, event?.reason]));
    return { ...client, closes };
  };
  const writer = open();
  await expect.poll(() => writer.provider.synced).toBe(true);
  writer.doc.getText('text').insert(0, 'x'.repeat(9000));
  const reader = open();
  await expect.poll(() => reader.doc.getText('text').length).toBe(9000);
  writer.doc.getText('text').insert(0, 'y'.repeat(2000));
  await expect
    .poll(() => writer.closes)
    .toEqual([[4413, expect.stringContaining('what is deleted makes room')]]);
  expect(reader.doc.getText('text').length).toBe(9000);
  expect(reader.closes).toEqual([]);
});
