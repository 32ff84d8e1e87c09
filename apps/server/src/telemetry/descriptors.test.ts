import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Time } from '../testing/time.ts';
import { watchDescriptors } from './descriptors.ts';
import { createLog } from './log.ts';

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: too many open files`), { code });
}

test('A196: where no descriptor is left that is counted each second, told once a minute, and over when it is', () => {
  const time = new Time();
  const lines: string[] = [];
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)).code);
      done();
    },
  });
  const server = Object.assign(new EventEmitter(), { listening: true });
  let left = 1;
  const watch = watchDescriptors({
    server,
    log: createLog({ level: 'info', format: 'json', output }),
    clock: time.clock,
    timers: time.timers,
    tryOne: () => {
      if (left === 0) throw errno('EMFILE');
    },
  });
  const seconds = (count: number): void => {
    for (let second = 0; second < count; second++) time.pass(1000);
  };
  seconds(10);
  expect([watch.exhausted, lines]).toEqual([0, []]);
  left = 0;
  seconds(61);
  expect([watch.exhausted, lines]).toEqual([61, ['DESCRIPTORS_EXHAUSTED', 'DESCRIPTORS_EXHAUSTED']]);
  left = 1;
  seconds(10);
  expect(watch.exhausted).toBe(61);
  // Node tells of it only where it has not one descriptor to turn somebody away with; nobody else listens.
  server.emit('error', errno('ENFILE'));
  expect([watch.exhausted, lines.length]).toEqual([62, 2]);
  server.emit('error', errno('EINVAL'));
  expect([watch.exhausted, lines.slice(2)]).toEqual([62, ['LISTENER_FAILED']]);
  watch.stop();
  left = 0;
  seconds(10);
  expect(watch.exhausted).toBe(62);
});
