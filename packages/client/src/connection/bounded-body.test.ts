import { expect, test } from 'vitest';
import { boundedBody } from './bounded-body.ts';

/** Gives pieces of 1,000 bytes, and counts them. */
function answer(pieces: number): { response: Response; given: () => number } {
  let given = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given++ < pieces) controller.enqueue(new Uint8Array(1000).fill(given));
      else controller.close();
    },
  });
  return { response: new Response(body), given: () => given };
}

test('O40: an answer over plain HTTP is read whole up to its bound, and no further', async () => {
  const whole = await boundedBody(answer(3).response, 3000);
  expect([whole.byteLength, whole[0], whole[2999]]).toEqual([3000, 1, 3]);
  expect(await boundedBody(new Response(null), 0)).toEqual(new Uint8Array());
  const endless = answer(Number.POSITIVE_INFINITY);
  await expect(boundedBody(endless.response, 3000)).rejects.toThrow('too much');
  expect(endless.given()).toBeLessThan(10);
});
