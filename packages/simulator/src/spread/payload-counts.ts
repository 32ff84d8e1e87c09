import type { SimulatedNode } from '../node/simulated-node.ts';

/** Payloads, as the nodes themselves count them: those of mail, rumours and repair together. */
export interface Payloads {
  readonly sent: number;
  readonly received: number;
  /** What mail and rumours brought that was new. */
  readonly novel: number;
}

/** Adds up what nodes count, over their crashes: a process that starts counts from nothing. */
export class PayloadCounts {
  readonly #nodes: readonly SimulatedNode[];
  /** To be added to what the present process of a node has counted. */
  readonly #offsets: Payloads[];

  constructor(nodes: readonly SimulatedNode[]) {
    this.#nodes = nodes;
    this.#offsets = nodes.map(() => none);
  }

  /** What was counted until now does not matter. */
  begin(): void {
    for (const node of this.#nodes.keys()) this.#offsets[node] = sum(none, this.#present(node), -1);
  }

  /** To be called before the process of a node ends. */
  crashing(node: number): void {
    this.#offsets[node] = this.of(node);
  }

  of(node: number): Payloads {
    return sum(this.#offsets[node] ?? none, this.#present(node), 1);
  }

  #present(node: number): Payloads {
    const counters = this.#nodes[node]?.gossip?.summary().counters ?? {};
    const add = (...names: string[]): number =>
      names.reduce((total, name) => total + (counters[name] ?? 0), 0);
    return {
      sent: add('mailSent', 'rumoursSent', 'differencesSent'),
      received: add('mailReceived', 'rumoursReceived', 'differencesReceived'),
      novel: add('mailNovel', 'rumoursNovel'),
    };
  }
}

const none: Payloads = { sent: 0, received: 0, novel: 0 };

function sum(a: Payloads, b: Payloads, sign: 1 | -1): Payloads {
  return {
    sent: a.sent + sign * b.sent,
    received: a.received + sign * b.received,
    novel: a.novel + sign * b.novel,
  };
}
