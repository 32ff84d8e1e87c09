import type { Timers } from '@hearsay/core';
import type { GossipNode, PresenceState } from '@hearsay/gossip-sync';
import type { Log } from './telemetry/log.ts';

export interface LastingNodeDeps {
  /** Makes the next node; the one before it has ended. */
  readonly create: () => GossipNode;
  /** Whether the store is gone for good: then somebody else ends the process. */
  readonly isStoreGone: () => boolean;
  readonly timers: Timers;
  /** Milliseconds that do not jump. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The gossip of a process. A call of the store that fails ends a gossip node, which cannot know what became of it. Where
 * the store goes on, so does the gossip: with a new node, ever later while it fails over and over.
 */
export class LastingNode {
  readonly #deps: LastingNodeDeps;
  #node: GossipNode;
  #startedAt = 0;
  #failures = 0;
  #restarts = 0;
  #isRunning = false;
  #isStopped = false;
  #cancel: () => void = () => {};
  /** What clients here have said of themselves, for the next node. */
  readonly #presence = new Map<string, PresenceState>();

  constructor(deps: LastingNodeDeps) {
    this.#deps = deps;
    this.#node = deps.create();
  }

  /** The present one; may have ended. */
  get current(): GossipNode {
    return this.#node;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** How often it was begun anew. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Rejects when the first node cannot be started. */
  async start(): Promise<void> {
    await this.#node.start();
    this.#started();
  }

  presence(states: readonly PresenceState[]): void {
    for (const state of states) {
      const key = `${state.id.collection}/${state.id.name}/${state.client}`;
      if (state.state === null) this.#presence.delete(key);
      else this.#presence.set(key, state);
    }
    this.#node.presence(states);
  }

  /** The node has ended because the store failed it. */
  failed(error: unknown): void {
    if (this.#isStopped) return;
    this.#isRunning = false;
    const { isStoreGone, log, now, timers } = this.#deps;
    if (isStoreGone()) {
      log.error({ code: 'GOSSIP_ENDED', err: error }, 'the store is gone, and gossip with it');
      return;
    }
    if (now() - this.#startedAt > calmMs) this.#failures = 0;
    const afterMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failures++);
    log.error(
      { code: 'GOSSIP_RESTARTED', err: error, afterMs },
      'a call of the store failed: gossip begins anew',
    );
    this.#cancel();
    this.#cancel = timers.set(afterMs, () => void this.#restart());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isRunning = false;
    this.#cancel();
    await this.#node.stop({ leave: true });
  }

  async #restart(): Promise<void> {
    if (this.#isStopped) return;
    this.#restarts++;
    this.#node = this.#deps.create();
    try {
      await this.#node.start();
    } catch (error) {
      this.failed(error);
      return;
    }
    this.#started();
    this.#node.presence([...this.#presence.values()]);
  }

  #started(): void {
    this.#startedAt = this.#deps.now();
    // Its first call may have failed already.
    this.#isRunning = this.#node.status().state === 'running';
  }
}

const firstWaitMs = 250;
const longestWaitMs = 30_000;
/** Who has run for so long has not failed over and over. */
const calmMs = 60_000;
