import type { ReplicaId } from '@hearsay/core';
import { type CloseCode, closeCodes } from '../../wire/close-codes.ts';
import type { Machine, NoticeEffect, SendEffect } from '../machine.ts';
import type { AnsweredEvent, AskEffect, ReplicaRequest, Summary } from '../requests.ts';
import { combinedRoot, totalCount } from './combined-root.ts';
import type { RepairConfig } from './config.ts';
import type { RepairAnswer, RepairRequest } from './messages.ts';

export interface ResponderToken {
  readonly peer: ReplicaId;
  readonly request: RepairRequest;
}

export type ResponderEvent =
  | {
      readonly type: 'message';
      readonly from: ReplicaId;
      readonly message: RepairRequest;
      /** A comparison is put off. */
      readonly isBusy: boolean;
    }
  | { readonly type: 'linkDown'; readonly peer: ReplicaId }
  | AnsweredEvent<ResponderToken>;

export type ResponderNotice = {
  /** A peer compared its roots with those here, and they agree. */
  readonly type: 'provenEqual';
  readonly peer: ReplicaId;
};

export type ResponderEffect =
  | SendEffect<RepairAnswer>
  | AskEffect<ResponderToken>
  | { readonly type: 'close'; readonly peer: ReplicaId; readonly code: CloseCode; readonly reason: string }
  | NoticeEffect<ResponderNotice>;

/** Answers the sessions of peers. Each question holds all that its answer needs: nothing is kept of a session. */
export class RepairResponder implements Machine<ResponderEvent, ResponderEffect> {
  readonly #config: RepairConfig;
  /** Questions of each peer that the store is working on. */
  readonly #underWay = new Map<ReplicaId, number>();

  constructor(config: RepairConfig) {
    this.#config = config;
  }

  handle(event: ResponderEvent, _now: number): readonly ResponderEffect[] {
    switch (event.type) {
      case 'linkDown':
        this.#underWay.delete(event.peer);
        return [];
      case 'message':
        return this.#onMessage(event.from, event.message, event.isBusy);
      case 'answered':
        return this.#onAnswered(event);
    }
  }

  #onMessage(peer: ReplicaId, request: RepairRequest, isBusy: boolean): readonly ResponderEffect[] {
    if (request.type === 'compare' && isBusy) {
      return [{ type: 'send', to: peer, message: { type: 'busy', session: request.session } }];
    }
    const underWay = this.#underWay.get(peer) ?? 0;
    // An honest session has one question open.
    if (underWay >= maxUnderWay) {
      return [
        { type: 'close', peer, code: closeCodes.flooding, reason: 'more repair asked for than answered' },
      ];
    }
    this.#underWay.set(peer, underWay + 1);
    return [{ type: 'ask', request: this.#toCall(peer, request), token: { peer, request } }];
  }

  #toCall(peer: ReplicaId, request: RepairRequest): ReplicaRequest {
    switch (request.type) {
      case 'compare':
      case 'rootsRequest':
        return { call: 'summary', peer };
      case 'recentRequest':
        return { call: 'recent', after: request.after, maxEntries: request.maxEntries };
      case 'offer':
        return { call: 'differing', entries: request.entries };
      case 'settled':
        return { call: 'setPeerCursor', peer, cursor: request.cursor };
      case 'walk': {
        const { collection, question } = request;
        return { call: 'answerWalk', collection, question, maxBytes: this.#config.walkBytes };
      }
    }
  }

  #onAnswered({
    token: { peer, request },
    answer,
  }: AnsweredEvent<ResponderToken>): readonly ResponderEffect[] {
    const underWay = this.#underWay.get(peer);
    if (underWay === undefined) return [];
    this.#underWay.set(peer, underWay - 1);
    const { session } = request;
    const reply = (message: RepairAnswer): readonly ResponderEffect[] => [
      { type: 'send', to: peer, message },
    ];
    switch (answer.call) {
      case 'summary':
        if (request.type === 'compare') return this.#compared(peer, request, answer.value);
        return request.type === 'rootsRequest' ? reply(rootsAfter(request.after, session, answer.value)) : [];
      case 'recent':
        return reply({ type: 'recent', session, ...answer.value });
      case 'differing':
        return reply({ type: 'offerAnswer', session, differing: answer.value });
      case 'answerWalk':
        return request.type === 'walk'
          ? reply({ type: 'walkAnswer', session, collection: request.collection, answer: answer.value })
          : [];
      default:
        return [];
    }
  }

  #compared(
    peer: ReplicaId,
    { session, root, head: theirHead }: Extract<RepairRequest, { type: 'compare' }>,
    { head, roots, cursor }: Summary,
  ): readonly ResponderEffect[] {
    const mine = combinedRoot(roots);
    if (mine !== root) {
      const count = totalCount(roots);
      // A position beyond the peer's head is one of a store that it has lost.
      const known = cursor > theirHead ? 0 : cursor;
      return [
        {
          type: 'send',
          to: peer,
          message: { type: 'differs', session, root: mine, head, count, cursor: known },
        },
      ];
    }
    const effects: ResponderEffect[] = [
      { type: 'send', to: peer, message: { type: 'equal', session, head } },
      { type: 'notice', notice: { type: 'provenEqual', peer } },
    ];
    if (cursor !== theirHead) {
      const request = { type: 'settled', session, cursor: theirHead } as const;
      this.#underWay.set(peer, (this.#underWay.get(peer) ?? 0) + 1);
      effects.push({
        type: 'ask',
        request: { call: 'setPeerCursor', peer, cursor: theirHead },
        token: { peer, request },
      });
    }
    return effects;
  }
}

/** Questions of one peer at a time. */
const maxUnderWay = 8;
/** Collections named in one message. */
const rootsPerMessage = 1024;

function rootsAfter(after: string, session: number, { roots }: Summary): RepairAnswer {
  const rest = roots.filter((root) => root.collection > after);
  const page = rest.slice(0, rootsPerMessage);
  return { type: 'roots', session, roots: page, complete: page.length === rest.length };
}
