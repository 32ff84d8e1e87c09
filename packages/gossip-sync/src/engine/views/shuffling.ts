import type { ReplicaId } from '@hearsay/core';
import { addPassive, sendTo, someActive, type ViewsContext } from './context.ts';
import type { PeerContact, ShuffleAnswerMessage, ShuffleMessage } from './messages.ts';

/** Keeps the passive view a fresh sample of the cluster by trading parts of it over random walks. */
export class Shuffling {
  readonly #context: ViewsContext;
  #lastSent: readonly PeerContact[] = [];

  constructor(context: ViewsContext) {
    this.#context = context;
  }

  arm(): void {
    const { config, random, emit } = this.#context;
    const afterMs = config.shuffleIntervalMs * (0.75 + random.next() / 2);
    emit({ type: 'wake', afterMs, timer: { type: 'shuffle' } });
  }

  shuffle(): void {
    const { config, random, active, passive, self } = this.#context;
    const peer = someActive(this.#context, []);
    if (peer === undefined) return;
    const others = [...active.values()].filter(({ replicaId }) => replicaId !== peer);
    this.#lastSent = passive.sample(config.shufflePassive);
    const peers = [...random.shuffled(others).slice(0, config.shuffleActive), ...this.#lastSent];
    sendTo(this.#context, peer, {
      type: 'shuffle',
      origin: self,
      hops: config.shuffleHops,
      peers,
      path: [],
    });
  }

  /** What a joiner may begin with. */
  sampleFor(joiner: ReplicaId): readonly PeerContact[] {
    const { config, random, active, passive } = this.#context;
    const known = [...active.values(), ...passive.values()];
    const others = known.filter(({ replicaId, addresses }) => replicaId !== joiner && addresses.length > 0);
    return random.shuffled(others).slice(0, config.shuffleActive + config.shufflePassive);
  }

  /** Hands the walk on, or ends it: takes the sample and gives one in return. */
  onShuffle(from: ReplicaId, { origin, hops, peers, path }: ShuffleMessage): void {
    const { config, passive } = this.#context;
    const left = Math.min(hops, config.shuffleHops) - 1;
    const next = someActive(this.#context, [from, origin.replicaId]);
    if (left > 0 && next !== undefined && path.length < config.shuffleHops) {
      const walked = [...path, from];
      sendTo(this.#context, next, { type: 'shuffle', origin, hops: left, peers, path: walked });
      return;
    }
    const sample = passive.sample(Math.min(peers.length + 1, this.#most));
    sendTo(this.#context, from, { type: 'shuffleAnswer', peers: sample, path });
    this.#integrate([origin, ...peers], sample);
  }

  onShuffleAnswer({ peers, path }: ShuffleAnswerMessage): void {
    const next = path.at(-1);
    if (next !== undefined) {
      sendTo(this.#context, next, { type: 'shuffleAnswer', peers, path: path.slice(0, -1) });
      return;
    }
    this.#integrate(peers, this.#lastSent);
    this.#lastSent = [];
  }

  #integrate(peers: readonly PeerContact[], spare: readonly PeerContact[]): void {
    for (const contact of peers.slice(0, this.#most)) addPassive(this.#context, contact, spare);
  }

  /** Never more than a shuffle may hold, whatever the other side sends. */
  get #most(): number {
    return this.#context.config.shuffleActive + this.#context.config.shufflePassive + 1;
  }
}
