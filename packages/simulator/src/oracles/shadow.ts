import type { DocumentId, DocumentKey, Life } from '@hearsay/core';
import { admitUpdate } from '@hearsay/document';
import { ScriptedClient } from '@hearsay/document/testing';
import { type CommittedChange, type DocumentStore, lastEndedBy } from '@hearsay/storage';
import type { SimulatedNode } from '../node/simulated-node.ts';
import type { Report } from './violation.ts';

interface Shadow {
  readonly id: DocumentId;
  readonly life: Life;
  readonly document: ScriptedClient;
  /** Shown since the last start, to be found again after the next. */
  readonly witnesses: Uint8Array[];
}

/**
 * A second copy of every replica, made by stock Yjs from what its store told the world. Invariants: what is shown never
 * waits for anything (I7), what was shown is there after every restart (I4, P2), a dead life is never shown again (I5).
 */
export class Shadows {
  readonly #report: Report;
  readonly #nodes = new Map<string, Map<DocumentKey, Shadow>>();
  readonly #deadLives = new Map<string, Map<DocumentKey, Life>>();
  /** Nodes that heal documents of which they have shown parts. */
  readonly #untrusted = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  committed(node: SimulatedNode, change: CommittedChange): void {
    const { key, id, life, update } = change;
    const shadows = this.#of(node);
    const dead = this.#deadLives.get(node.name) ?? new Map<DocumentKey, Life>();
    this.#deadLives.set(node.name, dead);
    if (update === null) {
      const ended = lastEndedBy(change);
      if ((shadows.get(key)?.life ?? 0) <= ended) shadows.delete(key);
      dead.set(key, Math.max(ended, dead.get(key) ?? 0));
      return;
    }
    if (life <= (dead.get(key) ?? 0)) {
      this.#report('no resurrection', `${node.name}: life ${life} of ${id.name} is shown after its end`);
    }
    let shadow = shadows.get(key);
    if (shadow === undefined || shadow.life !== life) {
      shadow = { id, life, document: new ScriptedClient(1), witnesses: [] };
      shadows.set(key, shadow);
    }
    shadow.document.receive(update);
    shadow.witnesses.push(update);
    if (shadow.document.pending && !this.#untrusted.has(node.name)) {
      this.#report('causality', `${node.name} has shown a change of ${id.name} before what it depends on`);
    }
  }

  /** After a start: everything shown before is still there. What was on its way to the disk may be there as well. */
  async restarted(node: SimulatedNode, store: DocumentStore): Promise<void> {
    const before = this.#of(node);
    this.#nodes.delete(node.name);
    for (const [key, shadow] of before) {
      const stored = await store.read(shadow.id);
      if (!stored.ok) {
        this.#report('durability', `${node.name} cannot read ${shadow.id.name}: ${stored.error.message}`);
        return;
      }
      if (stored.value !== undefined && stored.value.life > shadow.life) continue;
      if (stored.value === undefined && (await this.#hasEnded(node, key, shadow, store))) continue;
      const version = stored.value?.version;
      const lost = shadow.witnesses.filter((update) => {
        const admission = version && admitUpdate(update, version);
        return admission?.ok !== true || admission.value.kind !== 'known';
      });
      if (lost.length > 0) {
        const of = `${lost.length} of ${shadow.witnesses.length} changes of ${shadow.id.name}`;
        this.#report('durability', `${node.name} had shown ${of} that it no longer has`);
      }
    }
    await this.#reload(node, store);
  }

  /** The node's disk is not what it was: what it had shown may be lost, and what it has not shown may come back. */
  disaster(node: SimulatedNode): void {
    this.#nodes.delete(node.name);
    this.#deadLives.delete(node.name);
    this.#untrusted.add(node.name);
  }

  async #reload(node: SimulatedNode, store: DocumentStore): Promise<void> {
    const shadows = this.#of(node);
    for (const collection of await store.collections()) {
      for (const { key, name } of await store.list(collection, '', 100_000)) {
        const stored = await store.read({ collection, name });
        if (!stored.ok || stored.value === undefined) continue;
        const { id, life, updates } = stored.value;
        const document = new ScriptedClient(1);
        for (const update of updates) document.receive(update);
        shadows.set(key, { id, life, document, witnesses: [] });
      }
    }
  }

  #of(node: SimulatedNode): Map<DocumentKey, Shadow> {
    const known = this.#nodes.get(node.name) ?? new Map<DocumentKey, Shadow>();
    this.#nodes.set(node.name, known);
    return known;
  }

  /** A delete that was on its way to the disk may be there as well: its certificate says so. */
  async #hasEnded(
    node: SimulatedNode,
    key: DocumentKey,
    { id, life }: Shadow,
    store: DocumentStore,
  ): Promise<boolean> {
    if ((this.#deadLives.get(node.name)?.get(key) ?? 0) >= life) return true;
    const found = await store.lookup(id);
    return found.phase === 'deleted' && found.life >= life;
  }
}
