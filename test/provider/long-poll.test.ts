import { afterEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ProviderBench, savedText, untilState, untilText } from './bench.ts';
import { withoutWebSockets } from './no-websockets.ts';

const bench = new ProviderBench();

afterEach(() => bench.end());

test('O13: where no WebSocket gets through, the same goes over plain HTTP', async () => {
  const node = await bench.node();
  const network = await withoutWebSockets(node.port);
  bench.after(() => network.close());
  const polling = bench.client(network.url);
  const other = bench.client(node.clientUrl);
  for (let attempt = 1; attempt <= 3; attempt++) {
    await eventually('an attempt', () => network.upgrades() >= attempt);
    polling.provider.connect(); // at once, without the pause
  }
  await untilState(polling, 'live');
  polling.text.insert(0, 'polled;');
  await polling.provider.whenSaved();
  await untilText(other, 'polled;');
  for (let edit = 0; edit < 200; edit++) other.text.insert(other.text.length, `${edit};`);
  await untilText(polling, other.text.toString());
  for (let edit = 0; edit < 200; edit++) polling.text.insert(0, `${edit};`);
  await polling.provider.whenSaved();
  expect(await savedText(node)).toBe(polling.text.toString());
  // More than one request takes.
  for (let piece = 0; piece < 8; piece++) polling.text.insert(0, `${piece}`.repeat(200_000));
  await polling.provider.whenSaved();
  await untilText(other, polling.text.toString());
  await eventually('presence', () => other.provider.awareness?.getStates().size === 2);
  await polling.provider.destroy();
  await eventually('no presence', () => other.provider.awareness?.getStates().size === 1);
});

test('O13: a node that stops says so over plain HTTP too, and the provider comes back to it', async () => {
  const data = await bench.directory();
  const first = await bench.node({ data });
  const { port } = first;
  const network = await withoutWebSockets(port);
  bench.after(() => network.close());
  const polling = bench.client(network.url);
  for (let attempt = 1; attempt <= 3; attempt++) {
    await eventually('an attempt', () => network.upgrades() >= attempt);
    polling.provider.connect();
  }
  await untilState(polling, 'live');
  polling.text.insert(0, 'before;');
  await polling.provider.whenSaved();
  await first.stop();
  await eventually('it to be told', () => polling.provider.state.name !== 'live');
  polling.text.insert(0, 'meanwhile;');
  const again = await bench.node({ data, port });
  await eventually('it to be back', () => {
    polling.provider.connect();
    return polling.provider.state.name === 'live';
  });
  await polling.provider.whenSaved();
  expect(await savedText(again)).toBe('meanwhile;before;');
});
