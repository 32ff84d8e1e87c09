import { type DocumentKey, documentKey, type ReplicaId } from '@hearsay/core';
import type { DocumentChange } from '../../ports.ts';
import { closeCodes } from '../../wire/close-codes.ts';
import type { Machine } from '../machine.ts';
import type { AnsweredEvent } from '../requests.ts';
import type { DocumentsConfig } from './config.ts';
import type { ServeEffect, ServeEvent, ServeToken } from './events.ts';
import type { ChangesMessage, DescribeMessage } from './messages.ts';

/** Answers rung 3 for peers. It keeps nothing of an exchange but how many batches of a peer it has under way. */
export class DocumentServer implements Machine<ServeEvent, ServeEffect> {
  readonly #config: DocumentsConfig;
  readonly #served = new Map<ReplicaId, { readonly link: number; underWay: number }>();
  /** Changes being stored, by peer and batch, to say which were news. */
  readonly #receiving = new Map<string, readonly DocumentChange[]>();
  #links = 0;

  constructor(config: DocumentsConfig) {
    this.#config = config;
  }

  handle(event: ServeEvent, _now: number): readonly ServeEffect[] {
    switch (event.type) {
      case 'linkUp':
        this.#served.set(event.peer, { link: ++this.#links, underWay: 0 });
        return [];
      case 'linkDown':
        this.#served.delete(event.peer);
        return [];
      case 'message':
        return this.#onMessage(event.from, event.message);
      case 'answered':
        return this.#onAnswered(event);
    }
  }

  #onMessage(from: ReplicaId, message: DescribeMessage | ChangesMessage): readonly ServeEffect[] {
    const served = this.#served.get(from);
    if (served === undefined) return [];
    if (served.underWay >= this.#config.maxServed) {
      const reason = 'more documents asked for than answered';
      return [{ type: 'close', peer: from, code: closeCodes.flooding, reason }];
    }
    served.underWay++;
    const token: ServeToken = { peer: from, batch: message.batch, link: served.link };
    if (message.type === 'describe') {
      const { descriptions, mode } = message;
      const { batchBytes: maxBytes } = this.#config;
      return [{ type: 'ask', request: { call: 'differences', descriptions, mode, maxBytes }, token }];
    }
    this.#receiving.set(receivingKey(token), message.changes);
    return [{ type: 'ask', request: { call: 'receive', changes: message.changes, from }, token }];
  }

  #onAnswered({ token, answer }: AnsweredEvent<ServeToken>): readonly ServeEffect[] {
    const { peer, batch, link } = token;
    const served = this.#served.get(peer);
    const changes = this.#receiving.get(receivingKey(token)) ?? [];
    this.#receiving.delete(receivingKey(token));
    const effects: ServeEffect[] = [];
    if (answer.call === 'receive') {
      const refused = new Set<DocumentKey>();
      const novel: DocumentChange[] = [];
      for (const [index, change] of changes.entries()) {
        const outcome = answer.value[index];
        if (outcome === undefined) continue;
        if (outcome.ok) {
          if (outcome.value.novel) novel.push(change);
          continue;
        }
        const key = documentKey(change.id);
        refused.add(key);
        effects.push({ type: 'notice', notice: { type: 'changeRefused', peer, key, error: outcome.error } });
      }
      if (novel.length > 0) effects.push({ type: 'found', from: peer, changes: novel });
      effects.push({ type: 'send', to: peer, message: { type: 'stored', batch, refused: [...refused] } });
    } else if (answer.call === 'differences') {
      effects.push({ type: 'send', to: peer, message: { type: 'differences', batch, ...answer.value } });
    }
    // What was stored is news whatever became of the link; only the answer has nowhere to go.
    if (served?.link !== link) return effects.filter((effect) => effect.type !== 'send');
    served.underWay--;
    return effects;
  }
}

function receivingKey({ peer, batch, link }: ServeToken): string {
  return `${peer}/${link}/${batch}`;
}
