import { type DocumentId, type DocumentKey, documentKey } from '@hearsay/core';
import { endClocks } from '@hearsay/document/testing';
import { type CommittedChange, type DocumentStore, lastEndedBy, type StoredDocument } from '@hearsay/storage';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { Sweep, Upkeep } from '../node/upkeep.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { TokenLedger } from '../workload/token-ledger.ts';
import { checkAcknowledged } from './acknowledged.ts';
import { checkConvergence } from './convergence.ts';
import { checkDigests } from './digest-honesty.ts';
import { KeptDeletions } from './kept-deletions.ts';
import { checkNothingPending } from './nothing-pending.ts';
import { OneOwner } from './one-owner.ts';
import { copyReplica } from './replica-copy.ts';
import { Shadows } from './shadow.ts';
import type { Report, Violation } from './violation.ts';

/** All oracles of a run. The run ends when one of them has seen something. */
export class Oracles {
  readonly violations: Violation[] = [];
  readonly report: Report;
  readonly #ledger: TokenLedger;
  readonly #owner: OneOwner;
  readonly #shadows: Shadows;
  readonly #keptDeletions: KeptDeletions;
  /** Documents that somebody ever wanted deleted: whether it came to that, what they left on the way does not tell. */
  readonly #deleted = new Map<DocumentKey, DocumentId>();
  readonly #suspects = new Set<string>();
  readonly #everSuspected = new Set<string>();

  constructor(time: VirtualTime, ledger: TokenLedger, upkeep: Upkeep) {
    this.report = (oracle, message) => {
      this.violations.push({ oracle, message, at: time.now });
    };
    this.#ledger = ledger;
    this.#owner = new OneOwner(this.report);
    this.#shadows = new Shadows(this.report);
    this.#keptDeletions = new KeptDeletions(time, upkeep, this.report);
  }

  /** A document is about to be deleted somewhere. */
  deleting(id: DocumentId): void {
    this.#deleted.set(documentKey(id), id);
    this.#keptDeletions.deleting(id);
  }

  /** A node has shown a document to a client: never what damage has made of it. */
  served(node: SimulatedNode, document: StoredDocument): void {
    this.#owner.served(node, document);
  }

  /** A node has forgotten what was old enough. Damage may make it forget more. */
  swept(node: SimulatedNode, sweep: Sweep): void {
    if (!this.wasSuspected(node)) this.#keptDeletions.swept(node.name, sweep);
  }

  committed(node: SimulatedNode, changes: readonly CommittedChange[]): void {
    for (const change of changes) {
      this.#owner.committed(node, change);
      this.#shadows.committed(node, change);
      if (change.update === null) {
        this.#ledger.deleted(change.id.name, lastEndedBy(change));
      } else this.#ledger.committed(node.name, change.id.name, endClocks(change.update));
    }
  }

  /**
   * The node's disk is not what it was. Until a start has read all of it anew, what the node acknowledges is not counted
   * on either: it may build on damage that nobody has seen.
   */
  disaster(node: SimulatedNode): void {
    this.#ledger.disaster(node.name);
    this.#shadows.disaster(node);
    this.#keptDeletions.disaster(node.name);
    this.#suspects.add(node.name);
    this.#everSuspected.add(node.name);
  }

  isSuspect(node: SimulatedNode): boolean {
    return this.#suspects.has(node.name);
  }

  /** Whether its disk was ever damaged: some of it may only be found by a scrub. */
  wasSuspected(node: SimulatedNode): boolean {
    return this.#everSuspected.has(node.name);
  }

  /** The node has started: what it had shown is still there, and the index says what the documents say. */
  async started(node: SimulatedNode, store: DocumentStore): Promise<void> {
    if (this.isSuspect(node)) {
      this.disaster(node);
      const copy = await copyReplica(node.name, store);
      this.#ledger.trust(node.name);
      this.#suspects.delete(node.name);
      for (const { id, version } of copy.documents.values()) {
        this.#ledger.committed(node.name, id.name, version.stateVector);
      }
      return;
    }
    await this.#shadows.restarted(node, store);
    if (this.wasSuspected(node)) return;
    const copy = await copyReplica(node.name, store);
    checkNothingPending(copy, this.report);
    // While nothing can be written the index answers as it was.
    if (store.status().state !== 'ready') return;
    await checkDigests(copy, store, this.#deletedOf(copy.documents), this.report);
  }

  /** Everything, when all replicas ought to be equal. */
  async checkAll(nodes: readonly SimulatedNode[], documents: readonly string[]): Promise<void> {
    const copies = [];
    for (const node of nodes) {
      const { store } = node;
      if (store === undefined) {
        this.report('convergence', `${node.name} does not run`);
        continue;
      }
      const copy = await copyReplica(node.name, store);
      copies.push(copy);
      checkNothingPending(copy, this.report);
      await checkDigests(copy, store, this.#deletedOf(copy.documents), this.report);
      checkAcknowledged(copy, this.#ledger, documents, this.report);
    }
    checkConvergence(copies, this.report);
  }

  #deletedOf(live: ReadonlyMap<DocumentKey, unknown>): { collection: string; key: DocumentKey }[] {
    return [...this.#deleted]
      .filter(([key]) => !live.has(key))
      .map(([key, { collection }]) => ({ collection, key }));
  }
}
