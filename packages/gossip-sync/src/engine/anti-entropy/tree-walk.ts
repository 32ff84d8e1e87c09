import type { WalkQuestion, WalkStep } from '@hearsay/merkle';
import { walkStart } from '@hearsay/merkle';
import type { CollectionRoot } from '../../ports.ts';
import type { ReplicaAnswer } from '../requests.ts';
import type { RepairAnswer } from './messages.ts';
import type { Rung, RungEffect } from './rung.ts';

export interface TreeWalkDeps {
  readonly session: number;
  readonly roots: readonly CollectionRoot[];
  readonly walkPaths: number;
  readonly maxPending: number;
}

interface CollectionWalk {
  readonly collection: string;
  readonly paths: string[];
}

/** Rung 2: compares the roots one by one, then walks down both trees where they differ. */
export class TreeWalk implements Rung {
  readonly #deps: TreeWalkDeps;
  readonly #theirs = new Map<string, CollectionRoot>();
  #walks: CollectionWalk[] = [];
  #question: WalkQuestion | null = null;
  #isListed = false;
  #isIdle = false;
  #pending = 0;

  constructor(deps: TreeWalkDeps) {
    this.#deps = deps;
  }

  begin(): readonly RungEffect[] {
    return this.#askRoots('');
  }

  message(message: RepairAnswer): readonly RungEffect[] {
    if (message.type === 'roots' && !this.#isListed) {
      for (const root of message.roots) this.#theirs.set(root.collection, root);
      const last = message.roots.at(-1);
      if (!message.complete && last !== undefined && this.#theirs.size <= maxCollections) {
        return this.#askRoots(last.collection);
      }
      this.#isListed = true;
      this.#walks = this.#differing();
      return this.#next();
    }
    const question = this.#question;
    const walk = this.#walks[0];
    if (message.type !== 'walkAnswer' || question === null || walk?.collection !== message.collection)
      return [];
    this.#question = null;
    const { collection, answer } = message;
    return [{ type: 'ask', request: { call: 'compareWalk', collection, question, answer } }];
  }

  answered(answer: ReplicaAnswer): readonly RungEffect[] {
    const collection = this.#walks[0]?.collection;
    if (answer.call === 'questionWalk' && collection !== undefined) {
      this.#question = answer.value;
      const { session } = this.#deps;
      return [{ type: 'send', message: { type: 'walk', session, collection, question: answer.value } }];
    }
    if (answer.call !== 'compareWalk') return [];
    if (answer.value === null) return [{ type: 'abort', reason: 'its answer does not fit the question' }];
    return this.#compared(answer.value);
  }

  pending(count: number): readonly RungEffect[] {
    this.#pending = count;
    return this.#isIdle ? this.#next() : [];
  }

  #compared({ differences, ask }: WalkStep): readonly RungEffect[] {
    this.#walks[0]?.paths.push(...ask);
    const keys = differences.map((difference) => difference.key);
    if (keys.length === 0) return this.#next();
    this.#pending += keys.length;
    return [{ type: 'exchange', keys }, ...this.#next()];
  }

  #next(): readonly RungEffect[] {
    while (this.#walks[0]?.paths.length === 0) this.#walks.shift();
    const walk = this.#walks[0];
    const mustWait = walk === undefined ? this.#pending > 0 : this.#pending >= this.#deps.maxPending;
    this.#isIdle = mustWait;
    if (mustWait) return [];
    if (walk === undefined) return [{ type: 'done' }];
    const paths = walk.paths.splice(0, this.#deps.walkPaths);
    return [{ type: 'ask', request: { call: 'questionWalk', collection: walk.collection, paths } }];
  }

  #differing(): CollectionWalk[] {
    const mine = new Map(this.#deps.roots.map((root) => [root.collection, root]));
    const names = new Set([...mine.keys(), ...this.#theirs.keys()]);
    return [...names]
      .filter((name) => mine.get(name)?.digest !== this.#theirs.get(name)?.digest)
      .map((collection) => ({ collection, paths: [...walkStart] }));
  }

  #askRoots(after: string): readonly RungEffect[] {
    return [{ type: 'send', message: { type: 'rootsRequest', session: this.#deps.session, after } }];
  }
}

/** More than any store has; a peer that lists more is not believed. */
const maxCollections = 65_536;
