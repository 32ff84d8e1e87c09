import { afterEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ProviderBench, savedText, untilState, untilText } from './bench.ts';
import { startLongPollBridge } from './long-poll-bridge.ts';

const bench = new ProviderBench();

afterEach(() => bench.end());

test('O13: where no WebSocket gets through, the same goes over plain HTTP', async () => {
  const node = await bench.node();
  const bridge = await startLongPollBridge(node.clientUrl);
  bench.after(() => bridge.close());
  const polling = bench.client(bridge.url);
  const other = bench.client(node.clientUrl);
  for (let attempt = 1; attempt <= 3; attempt++) {
    await eventually('an attempt', () => bridge.upgrades() >= attempt);
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
  expect(bridge.sessions()).toBe(1);
  await eventually('presence', () => other.provider.awareness?.getStates().size === 2);
  await polling.provider.destroy();
  await eventually('no session', () => bridge.sessions() === 0);
  await eventually('no presence', () => other.provider.awareness?.getStates().size === 1);
});
