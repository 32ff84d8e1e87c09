import { contentsOf } from '@hearsay/document/testing';
import type { CommittedChange, StoredDocument } from '@hearsay/storage';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { Report } from './violation.ts';

/**
 * Invariant I8: nowhere do one client and clock of one life of a document stand for two contents. A client that forgot
 * its own counter, or a store that mixed two lives, would show here long before anybody could tell from roots.
 */
export class OneOwner {
  readonly #report: Report;
  /** By document and life, then client and clock. */
  readonly #contents = new Map<string, Map<string, string>>();

  constructor(report: Report) {
    this.#report = report;
  }

  committed(node: SimulatedNode, { id, life, update }: CommittedChange): void {
    if (update !== null) this.#see(node, `${id.collection}/${id.name}@${life}`, update);
  }

  /** What damage did to a record is not to be shown as if it were whole. */
  served(node: SimulatedNode, { id, life, updates }: StoredDocument): void {
    for (const update of updates) this.#see(node, `${id.collection}/${id.name}@${life}`, update);
  }

  #see(node: SimulatedNode, name: string, update: Uint8Array): void {
    const known = this.#contents.get(name) ?? new Map<string, string>();
    this.#contents.set(name, known);
    for (const [place, content] of contentsOf(update)) {
      const before = known.get(place);
      if (before === undefined) known.set(place, content);
      else if (before !== content) {
        this.#report('one owner', `${node.name}: ${name} ${place} was ${before}, is ${content}`);
      }
    }
  }
}
