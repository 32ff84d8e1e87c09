import { ByteWriter } from '@hearsay/core';

/** Writes Yjs updates by hand: a sequence of typing, erasing and setting by one client, each update on the one before. */
export interface Author {
  readonly client: number;
  /** Appends to the root text `text`. */
  type(text: string): Uint8Array;
  /** Sets an entry of the root map `map`: what it replaces is deleted only by implication. */
  set(name: string, value: string): Uint8Array;
  /** Deletes own clocks. */
  erase(clock: number, length: number): Uint8Array;
}

const stringContent = 4;
const hasOrigin = 0x80;
const hasParentSub = 0x20;

export function createAuthor(client: number): Author {
  let clock = 0;
  let lastTyped: number | undefined;
  const entries = new Map<string, number>();

  return {
    client,
    type(text) {
      const writer = oneStruct(client, clock);
      if (lastTyped === undefined) writer.byte(stringContent).varUint(1).varString('text');
      else
        writer
          .byte(stringContent | hasOrigin)
          .varUint(client)
          .varUint(lastTyped);
      clock += text.length;
      lastTyped = clock - 1;
      return writer.varString(text).varUint(0).finish();
    },
    set(name, value) {
      const writer = oneStruct(client, clock);
      const before = entries.get(name);
      if (before === undefined) {
        writer
          .byte(stringContent | hasParentSub)
          .varUint(1)
          .varString('map')
          .varString(name);
      } else {
        writer
          .byte(stringContent | hasOrigin | hasParentSub)
          .varUint(client)
          .varUint(before);
      }
      clock += value.length;
      entries.set(name, clock - 1);
      return writer.varString(value).varUint(0).finish();
    },
    erase: (from, length) =>
      new ByteWriter()
        .varUint(0)
        .varUint(1)
        .varUint(client)
        .varUint(1)
        .varUint(from)
        .varUint(length)
        .finish(),
  };
}

function oneStruct(client: number, clock: number): ByteWriter {
  return new ByteWriter().varUint(1).varUint(1).varUint(client).varUint(clock);
}
