import { ByteWriter } from '@hearsay/core';

/** A document as the log of what its clients have written, each update of about 64 KiB. */
export interface LargeDocument {
  readonly name: string;
  readonly log: readonly Uint8Array[];
  /** Who wrote it, and how many clocks each. */
  readonly clocks: ReadonlyMap<number, number>;
}

/** Text that several clients put in front of each other's, twenty characters at a time: no two pieces become one. */
export function typedText(bytes: number): LargeDocument {
  return prepended('text', bytes, 20, 40);
}

/** Single characters, typed like {@link typedText}, of which every other one was deleted. */
export function tombstones(items: number): LargeDocument {
  const typed = prepended('tombstones', items * structBytes(1), 1, 200);
  return { ...typed, log: [...typed.log, ...everyOtherDeleted(typed.clocks)] };
}

/** Pasted texts of a thousand characters, of which every other one was deleted: a few bytes for each of them, millions in all. */
export function perforated(characters: number): LargeDocument {
  const pasted = prepended('perforated', (characters / 1000) * structBytes(1000), 1000, 10);
  return { ...pasted, log: [...pasted.log, ...everyOtherDeleted(pasted.clocks)] };
}

/** Entries of one map, each set once. */
export function largeMap(bytes: number): LargeDocument {
  const [client] = clients as [number];
  const log: Uint8Array[] = [];
  let clock = 0;
  for (let left = bytes; left > 0; left -= updateBytes) {
    const structs = new ByteWriter(2 * updateBytes);
    const from = clock;
    for (let at = 0; at < updateBytes; at += 140) {
      structs.byte(0x28).varUint(1).varString('map').varString(`key ${clock}`).varUint(1).byte(119);
      structs.varString(`value ${clock} `.padEnd(100, 'x'));
      clock++;
    }
    log.push(oneSection(client, from, clock - from, structs.finish()));
  }
  return { name: 'map', log, clocks: new Map([[client, clock]]) };
}

/** Single clocks that are deleted, apart from each other, as one update. */
export function deletes(client: number, firstClock: number, count: number): Uint8Array {
  const writer = new ByteWriter(16 + 10 * count);
  writer.varUint(0).varUint(1).varUint(client).varUint(count);
  for (let at = 0; at < count; at++) writer.varUint(firstClock + 2 * at).varUint(1);
  return writer.finish();
}

const clients = [3_141_592_653, 2_718_281_828, 1_618_033_988, 1_414_213_562];

const updateBytes = 65_536;

function structBytes(length: number): number {
  return length + 12;
}

/** Pieces by clients in turn, each of which writes some in a row. */
function prepended(name: string, bytes: number, length: number, inARow: number): LargeDocument {
  const clocks = new Map(clients.map((client) => [client, 0]));
  const log: Uint8Array[] = [];
  let before: readonly [number, number] | undefined;
  let turn = 0;
  for (let left = bytes; left > 0; ) {
    // One update of the client whose turn it is has as many pieces as fit; of others it has none.
    const client = clients[turn++ % clients.length] as number;
    const from = clocks.get(client) ?? 0;
    const count = Math.min(inARow, Math.ceil(left / structBytes(length)));
    const structs = new ByteWriter(count * (structBytes(length) + 8));
    for (let at = 0; at < count; at++) {
      const clock = from + at * length;
      if (before === undefined) structs.byte(4).varUint(1).varString('text');
      else structs.byte(0x44).varUint(before[0]).varUint(before[1]);
      structs.varString(`${clock} `.padEnd(length, 'abcdefghij').slice(0, length));
      before = [client, clock];
    }
    clocks.set(client, from + count * length);
    left -= count * structBytes(length);
    log.push(oneSection(client, from, count, structs.finish()));
  }
  return { name, log, clocks };
}

function oneSection(client: number, clock: number, count: number, structs: Uint8Array): Uint8Array {
  const writer = new ByteWriter(structs.byteLength + 32);
  return writer.varUint(1).varUint(count).varUint(client).varUint(clock).bytes(structs).varUint(0).finish();
}

function everyOtherDeleted(clocks: ReadonlyMap<number, number>): Uint8Array[] {
  const perUpdate = Math.floor(updateBytes / 5);
  const log: Uint8Array[] = [];
  for (const [client, end] of clocks) {
    for (let clock = 1; clock < end; clock += 2 * perUpdate) {
      log.push(deletes(client, clock, Math.min(Math.ceil((end - clock) / 2), Math.floor(perUpdate))));
    }
  }
  return log;
}
