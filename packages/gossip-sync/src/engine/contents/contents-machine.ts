import type { DocumentKey, Random, ReplicaId } from '@hearsay/core';
import type { Machine, NoticeEffect, SendEffect, WakeEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect } from '../requests.ts';
import type { Topology } from '../topology.ts';
import type { ContentsConfig } from './config.ts';
import type { ContentsMessage } from './messages.ts';

/** Which answer of the store is awaited: a sample for a peer, or what of a peer's sample is otherwise here. */
export interface ContentsToken {
  readonly step: 'sample' | 'compare';
  readonly peer: ReplicaId;
}

export type ContentsEvent =
  | { readonly type: 'started' }
  | { readonly type: 'timer' }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId }
  | { readonly type: 'message'; readonly from: ReplicaId; readonly message: ContentsMessage }
  | AnsweredEvent<ContentsToken>;

/**
 * One version of a document has two contents: some client's edits were numbered twice, as after a restored backup. Both
 * stay as they are.
 */
export interface ContentsNotice {
  readonly type: 'contentConflict';
  readonly peer: ReplicaId;
  readonly keys: readonly DocumentKey[];
}

export type ContentsEffect =
  | SendEffect<ContentsMessage>
  | AskEffect<ContentsToken>
  | WakeEffect<null>
  | NoticeEffect<ContentsNotice>;

export interface ContentsDeps {
  readonly config: ContentsConfig;
  readonly random: Random;
  readonly topology: Topology;
}

/**
 * The deep scrub: digests tell versions apart, not contents, so peers tell each other now and then what a few
 * documents contain, one after the other through the whole store.
 */
export class ContentsMachine implements Machine<ContentsEvent, ContentsEffect> {
  readonly #deps: ContentsDeps;
  /** Where the next sample begins; null: at the first document. */
  #after: DocumentKey | null = null;
  #isSampling = false;
  /** Peers whose sample is being compared: one at a time each, as it costs more to answer than to ask. */
  readonly #comparing = new Set<ReplicaId>();
  readonly #known = new Set<string>();
  #effects: ContentsEffect[] = [];

  constructor(deps: ContentsDeps) {
    this.#deps = deps;
  }

  handle(event: ContentsEvent, _now: number): readonly ContentsEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'started':
        this.#wake();
        break;
      case 'timer':
        this.#sample();
        this.#wake();
        break;
      case 'linkDown':
        this.#comparing.delete(event.peer);
        break;
      case 'message':
        this.#onMessage(event.from, event.message);
        break;
      case 'answered':
        this.#onAnswered(event);
        break;
    }
    return this.#effects;
  }

  #wake(): void {
    const { config, random } = this.#deps;
    if (config.intervalMs === 0) return;
    this.#effects.push({
      type: 'wake',
      afterMs: config.intervalMs * (0.5 + random.next()),
      timer: null,
    });
  }

  #sample(): void {
    const { config, random, topology } = this.#deps;
    const peer = random.pick([...topology.linked]);
    if (peer === undefined || this.#isSampling) return;
    this.#isSampling = true;
    const request = { call: 'contents', after: this.#after, maxDocuments: config.documents } as const;
    this.#effects.push({ type: 'ask', request, token: { step: 'sample', peer } });
  }

  #onMessage(peer: ReplicaId, message: ContentsMessage): void {
    if (message.type === 'conflicts') {
      this.#tell(peer, message.keys);
      return;
    }
    if (message.entries.length === 0 || this.#comparing.has(peer)) return;
    this.#comparing.add(peer);
    const request = { call: 'conflicting', entries: message.entries } as const;
    this.#effects.push({ type: 'ask', request, token: { step: 'compare', peer } });
  }

  #onAnswered({ token: { peer }, answer }: AnsweredEvent<ContentsToken>): void {
    if (answer.call === 'contents') {
      this.#isSampling = false;
      const { entries, next } = answer.value;
      this.#after = next;
      if (entries.length === 0 || !this.#deps.topology.linked.has(peer)) return;
      this.#effects.push({ type: 'send', to: peer, message: { type: 'sample', entries } });
    } else if (answer.call === 'conflicting') {
      this.#comparing.delete(peer);
      const keys = answer.value;
      if (keys.length === 0) return;
      this.#tell(peer, keys);
      if (!this.#deps.topology.linked.has(peer)) return;
      this.#effects.push({ type: 'send', to: peer, message: { type: 'conflicts', keys } });
    }
  }

  #tell(peer: ReplicaId, keys: readonly DocumentKey[]): void {
    const fresh = keys.filter((key) => !this.#known.has(`${peer} ${key}`));
    if (fresh.length === 0) return;
    for (const key of fresh) this.#known.add(`${peer} ${key}`);
    for (const oldest of this.#known) {
      if (this.#known.size <= this.#deps.config.maxConflicts) break;
      this.#known.delete(oldest);
    }
    this.#effects.push({ type: 'notice', notice: { type: 'contentConflict', peer, keys: fresh } });
  }
}
