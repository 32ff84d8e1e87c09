import type { DocumentId, Random } from '@hearsay/core';
import { ScriptedClient } from '@hearsay/document/testing';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { Workload } from './scenario.ts';

/** Makes updates that can be told apart in whatever they are merged into. */
export class Typist {
  readonly #workload: Workload;
  readonly #clientIds: Random;
  readonly #authors = new Map<string, ScriptedClient>();

  constructor(workload: Workload, clientIds: Random) {
    this.#workload = workload;
    this.#clientIds = clientIds;
  }

  /** Update `number`, typed at a running node, with its name. */
  type(number: number, node: SimulatedNode): { id: DocumentId; update: Uint8Array; name: string } {
    const { documents, textBytes } = this.#workload;
    const document = documents === null ? number : number % documents;
    // A new process has new clients: what the last one did not store is gone.
    const key = `${node.name} ${node.starts} ${document}`;
    const author = this.#authors.get(key) ?? new ScriptedClient(1 + this.#clientIds.below(2 ** 32 - 1));
    // Those of an update's own document never come back.
    if (documents !== null) this.#authors.set(key, author);
    const name = `u${number}`;
    const update = author.type(`${name};`.padEnd(textBytes, '.'));
    return { id: { collection: 'default', name: `document ${document}` }, update, name };
  }
}

/** Names of the updates in the bytes of one, merged or not. */
export function typedIn(update: Uint8Array): string[] {
  const text = Buffer.from(update.buffer, update.byteOffset, update.byteLength).toString('latin1');
  return text.match(/u\d+(?=;)/g) ?? [];
}

/** When each update is due: at random, so many a second on average, the first at once. */
export function dueTimes({ updates, rate }: Workload, random: Random): number[] {
  let at = 0;
  return Array.from({ length: updates }, (_, number) => {
    if (number > 0) at += (-Math.log(1 - random.next()) * 1000) / rate;
    return Math.round(at);
  });
}
