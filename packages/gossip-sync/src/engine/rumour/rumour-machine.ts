import type { Random, ReplicaId } from '@hearsay/core';
import type { Machine } from '../machine.ts';
import type { PartnerSource } from '../partners/partner-source.ts';
import { Arrivals } from './arrivals.ts';
import type { RumourConfig } from './config.ts';
import { isKnown, type RumourContext, wantsFeedback } from './context.ts';
import { Conversations } from './conversations.ts';
import { CycleTimer } from './cycle-timer.ts';
import type { RumourEffect, RumourEvent, RumourTimer } from './events.ts';
import { HotList } from './hot-list.ts';
import { Intake } from './intake.ts';
import type {
  Rumour,
  RumourFeedbackMessage,
  RumourGossipMessage,
  RumourId,
  RumourMark,
  RumourMessage,
} from './messages.ts';
import { RecentIds } from './recent-ids.ts';

export interface RumourMachine extends Machine<RumourEvent, RumourEffect> {
  readonly hotCount: number;
  isHot(id: RumourId): boolean;
  /** Whether the id is remembered here: hot, cooled of late, or being stored. */
  isKnown(id: RumourId): boolean;
}

export interface RumourDeps {
  readonly config: RumourConfig;
  readonly random: Random;
  readonly partners: PartnerSource;
}

/** Rumour mongering after Demers et al. (1987): susceptible, infective, removed. */
export function createRumourMachine(deps: RumourDeps): RumourMachine {
  return new Rumours(deps);
}

const nothing: readonly RumourEffect[] = [];
const noMarks: readonly RumourMark[] = [];
const bareRequest: RumourGossipMessage = {
  type: 'gossip',
  conversation: 0,
  carried: noMarks,
  announced: noMarks,
  pull: true,
  feedback: false,
};
/** Partners drawn for one conversation before it is given up because all of them hold everything. */
const drawsPerConversation = 4;

class Rumours implements RumourMachine {
  readonly #context: RumourContext;
  readonly #partners: PartnerSource;
  readonly #intake: Intake;
  readonly #conversations = new Conversations();
  readonly #timer: CycleTimer;
  #effects: RumourEffect[] | null = null;
  #accepted = 0;

  constructor({ config, random, partners }: RumourDeps) {
    const known = new RecentIds(config.maxKnown);
    this.#context = {
      config,
      known,
      hot: new HotList(config, random, (id) => known.add(id)),
      arrivals: new Arrivals(config.maxRequests),
      cycle: 0,
      emit: (effect) => {
        this.#effects ??= [];
        this.#effects.push(effect);
      },
    };
    this.#partners = partners;
    this.#timer = new CycleTimer(config, random);
    this.#intake = new Intake(this.#context, (rumour, from, now) => this.#heat(rumour, from, now));
  }

  get hotCount(): number {
    return this.#context.hot.size;
  }

  isHot(id: RumourId): boolean {
    return this.#context.hot.get(id) !== undefined;
  }

  isKnown(id: RumourId): boolean {
    return isKnown(this.#context, id);
  }

  handle(event: RumourEvent, now: number): readonly RumourEffect[] {
    switch (event.type) {
      case 'start':
        this.#armCycle(now);
        break;
      case 'timer':
        this.#onTimer(event.timer, now);
        break;
      case 'message':
        this.#onMessage(event.from, event.message, now);
        break;
      case 'stored':
        this.#intake.onStored(event.from, event.outcomes, now);
        break;
      case 'hot':
        if (this.isHot(event.rumour.id)) break;
        this.#context.arrivals.arrived(event.rumour.id);
        this.#heat(event.rumour, event.from, now);
        break;
      case 'withdrawn':
        this.#context.hot.remove(event.id);
        break;
      case 'peerGone':
        this.#context.hot.forgetPeer(event.peer);
        this.#intake.onPeerGone(event.peer, now);
        break;
    }
    const effects = this.#effects;
    if (effects === null) return nothing;
    this.#effects = null;
    return effects;
  }

  #onTimer(timer: RumourTimer, now: number): void {
    if (timer.type === 'request') {
      this.#intake.onTimer(now);
    } else if (this.#timer.fired(timer)) {
      this.#runCycle(now);
      this.#armCycle(now);
    }
  }

  /** Closes the books of the cycle gone by, then calls this cycle's partners. */
  #runCycle(now: number): void {
    const { fanOut, direction } = this.#context.config;
    if (this.#context.hot.size > 0) this.#context.hot.endCycle(this.#context.cycle);
    this.#context.cycle++;
    this.#accepted = 0;
    this.#conversations.clear();
    if (this.#context.hot.size === 0 && direction === 'push') return;
    for (let i = 0; i < fanOut; i++) this.#call(0, now);
  }

  /** Opens one conversation, with somebody not known to hold everything if such a one is soon found. */
  #call(attempt: number, now: number): void {
    const { direction, rememberHolders } = this.#context.config;
    const gives = direction !== 'pull' && this.#context.hot.size > 0;
    const pull = direction !== 'push';
    let draws = gives && rememberHolders > 0 ? drawsPerConversation : 1;
    let peer = this.#partners.pick(now);
    while (peer !== undefined) {
      const selection = gives ? this.#context.hot.select(peer, this.#context.cycle, 'push', null) : null;
      if (selection !== null) {
        const conversation = this.#open(attempt, [...selection.carried, ...selection.announced]);
        const feedback = wantsFeedback(this.#context);
        const message = { type: 'gossip', conversation, pull, feedback, ...selection } as const;
        this.#context.emit({ type: 'send', to: peer, message });
        return;
      }
      if (--draws === 0) {
        if (pull) this.#context.emit({ type: 'send', to: peer, message: this.#bareRequest(attempt) });
        return;
      }
      peer = this.#partners.pick(now);
    }
  }

  #bareRequest(attempt: number): RumourGossipMessage {
    if (this.#context.config.connectionLimit === null) return bareRequest;
    return { ...bareRequest, conversation: this.#open(attempt, noMarks) };
  }

  /** Remembers what a refusal would undo. */
  #open(attempt: number, marks: readonly RumourMark[]): number {
    if (this.#context.config.connectionLimit === null) return 0;
    return this.#conversations.open(marks, attempt);
  }

  #onMessage(from: ReplicaId, message: RumourMessage, now: number): void {
    switch (message.type) {
      case 'gossip':
        this.#onGossip(from, message, now);
        break;
      case 'answer':
        this.#intake.receive(from, message, 'pull', message.feedback, now);
        break;
      case 'feedback':
        this.#onFeedback(from, message);
        break;
      case 'request':
        this.#context.emit({ type: 'send', to: from, message: { type: 'payload', ids: message.ids } });
        break;
      case 'payload':
        this.#intake.onPayload(from, message.ids);
        break;
      case 'refuse':
        this.#onRefuse(from, message.conversation, now);
        break;
    }
  }

  #onGossip(from: ReplicaId, message: RumourGossipMessage, now: number): void {
    const { connectionLimit } = this.#context.config;
    if (connectionLimit !== null && this.#accepted >= connectionLimit) {
      const { conversation } = message;
      this.#context.emit({ type: 'send', to: from, message: { type: 'refuse', conversation } });
      return;
    }
    this.#accepted++;
    this.#intake.receive(from, message, 'push', message.feedback, now);
    if (message.pull && this.#context.hot.size > 0) this.#answer(from, message);
  }

  #answer(from: ReplicaId, { carried, announced }: RumourGossipMessage): void {
    let pushed: Set<RumourId> | null = null;
    for (const mark of carried.length + announced.length === 0 ? noMarks : [...carried, ...announced]) {
      pushed ??= new Set();
      pushed.add(mark.id);
      const rumour = this.#context.hot.get(mark.id);
      if (rumour === undefined || rumour.learnt >= this.#context.cycle) continue;
      this.#context.hot.met(rumour, mark.count);
    }
    const selection = this.#context.hot.select(from, this.#context.cycle, 'pull', pushed);
    if (selection === null) return;
    const feedback = wantsFeedback(this.#context);
    this.#context.emit({ type: 'send', to: from, message: { type: 'answer', feedback, ...selection } });
  }

  #onFeedback(from: ReplicaId, { role, outcomes }: RumourFeedbackMessage): void {
    for (const { id, known, count } of outcomes) {
      const rumour = this.#context.hot.get(id);
      if (rumour === undefined) continue;
      this.#context.hot.addHolder(rumour, from);
      this.#context.hot.outcome(rumour, role, known, count);
    }
  }

  /** Hunts on, as often as the hunt limit allows. A refused conversation costs and counts nothing. */
  #onRefuse(from: ReplicaId, id: number, now: number): void {
    const conversation = this.#conversations.refused(id);
    if (conversation === undefined) return;
    this.#context.hot.undoPush(conversation.ids, from);
    if (conversation.attempt < this.#context.config.huntLimit) this.#call(conversation.attempt + 1, now);
  }

  #heat(rumour: Rumour, from: ReplicaId | null, now: number): void {
    const id = this.#context.hot.add(rumour, this.#context.cycle, from);
    if (id !== undefined) this.#context.emit({ type: 'notice', notice: { type: 'hotOverflow', id } });
    if (this.#timer.isIdle) this.#armCycle(now);
  }

  #armCycle(now: number): void {
    const wake = this.#timer.arm(now, this.#context.hot.size > 0);
    if (wake !== undefined) this.#context.emit(wake);
  }
}
