import { ByteWriter } from '@hearsay/core';
import type { Ranges } from './delete-ranges.ts';

/** Encoded structs of one client, without gaps. */
export interface Section {
  readonly client: number;
  /** Clock of the first struct. */
  readonly clock: number;
  /** Structs in `parts` together. */
  readonly count: number;
  readonly parts: readonly Uint8Array[];
}

/** The update that changes nothing. */
export const emptyUpdate: Uint8Array = Uint8Array.of(0, 0);

/** Encodes an update (format v1) as Yjs does: clients in descending order, which spares Yjs conflict searches. */
export function writeUpdate(sections: readonly Section[], deletes: ReadonlyMap<number, Ranges>): Uint8Array {
  let bytes = 16 + 16 * sections.length;
  for (const section of sections) for (const part of section.parts) bytes += part.byteLength;
  for (const ranges of deletes.values()) bytes += 12 + 6 * ranges.length;
  const writer = new ByteWriter(bytes);
  writer.varUint(sections.length);
  for (const section of descending(sections)) {
    writer.varUint(section.count).varUint(section.client).varUint(section.clock);
    for (const part of section.parts) writer.bytes(part);
  }
  writer.varUint(deletes.size);
  for (const client of [...deletes.keys()].sort((a, b) => b - a)) {
    const ranges = deletes.get(client) ?? [];
    writer.varUint(client).varUint(ranges.length);
    for (const range of ranges) writer.varUint(range.clock).varUint(range.length);
  }
  return writer.finish();
}

function descending(sections: readonly Section[]): readonly Section[] {
  for (let i = 1; i < sections.length; i++) {
    if ((sections[i] as Section).client > (sections[i - 1] as Section).client) {
      return [...sections].sort((a, b) => b.client - a.client);
    }
  }
  return sections;
}
