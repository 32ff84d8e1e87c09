import { ByteWriter } from '@hearsay/core';

/** One client that types at the end of a document's text: each update builds on the one before. */
export interface TestWriter {
  type(text: string): Uint8Array;
}

export function testWriter(client: number): TestWriter {
  let clock = 0;
  return {
    type: (text) => {
      const update = new ByteWriter().varUint(1).varUint(1).varUint(client).varUint(clock);
      if (clock === 0) update.byte(stringContent).varUint(1).varString('text');
      else
        update
          .byte(stringContent | hasOrigin)
          .varUint(client)
          .varUint(clock - 1);
      clock += text.length;
      return update.varString(text).varUint(0).finish();
    },
  };
}

const stringContent = 4;
const hasOrigin = 0x80;
