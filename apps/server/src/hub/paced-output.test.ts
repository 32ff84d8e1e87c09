import { limits } from '@hearsay/core';
import { expect, test } from 'vitest';
import { PacedOutput } from './paced-output.ts';

test('A233: what is beyond a mark of bytes waits, in order, until what was written has left', () => {
  const written: number[] = [];
  const connection = {
    bufferedBytes: 0,
    send(message: Uint8Array) {
      written.push(message[0] ?? 0);
      this.bufferedBytes += message.byteLength;
    },
  };
  const output = new PacedOutput(connection);
  const half = limits.clientBufferSoftBytes / 2 + 1;
  for (let first = 1; first <= 5; first++) output.send(new Uint8Array(half).fill(first));
  let isAfter = false;
  output.after(() => {
    isAfter = true;
  });
  expect(written).toEqual([1, 2]);
  expect(output.bytes).toBe(5 * half);
  connection.bufferedBytes = 0;
  expect([output.drained(), written, isAfter]).toEqual([false, [1, 2, 3, 4], false]);
  // Something small does not pass those that wait.
  output.send(Uint8Array.of(6));
  expect(written).toEqual([1, 2, 3, 4]);
  expect(output.bytes).toBeGreaterThan(limits.clientBufferSoftBytes);
  connection.bufferedBytes = 0;
  expect([output.drained(), written, isAfter]).toEqual([true, [1, 2, 3, 4, 5, 6], true]);
  expect(output.bytes).toBe(connection.bufferedBytes);
});
