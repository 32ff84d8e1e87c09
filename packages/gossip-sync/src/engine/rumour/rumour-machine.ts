import type { Random, ReplicaId } from '@hearsay/core';
import type { Machine } from '../machine.ts';
import type { PartnerSource } from '../partners/partner-source.ts';
import { Arrivals } from './arrivals.ts';
import type { RumourConfig } from './config.ts';
import { Conversations } from './conversations.ts';
import { CycleTimer } from './cycle-timer.ts';
import type { RumourEffect, RumourEvent, RumourTimer, StoredRumour } from './events.ts';
import { HotList } from './hot-list.ts';
import type {
  Rumour,
  RumourFeedbackMessage,
  RumourGossipMessage,
  RumourId,
  RumourMark,
  RumourMessage,
  RumourOutcome,
  RumourRole,
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

/** The part that gossip and answers have in common. */
type Told = Pick<RumourGossipMessage, 'carried' | 'announced'>;

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
  readonly #config: RumourConfig;
  readonly #partners: PartnerSource;
  readonly #hot: HotList;
  readonly #known: RecentIds;
  readonly #arrivals: Arrivals;
  readonly #conversations = new Conversations();
  readonly #timer: CycleTimer;
  #effects: RumourEffect[] | null = null;
  #cycle = 0;
  #accepted = 0;
  #requestTimerArmed = false;

  constructor({ config, random, partners }: RumourDeps) {
    this.#config = config;
    this.#partners = partners;
    this.#timer = new CycleTimer(config, random);
    this.#known = new RecentIds(config.maxKnown);
    this.#hot = new HotList(config, random, (id) => this.#known.add(id));
    this.#arrivals = new Arrivals(config.maxRequests);
  }

  get hotCount(): number {
    return this.#hot.size;
  }

  isHot(id: RumourId): boolean {
    return this.#hot.get(id) !== undefined;
  }

  isKnown(id: RumourId): boolean {
    return this.isHot(id) || this.#known.has(id) || this.#arrivals.isPending(id);
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
        this.#onStored(event.from, event.outcomes, now);
        break;
      case 'hot':
        if (this.isHot(event.rumour.id)) break;
        this.#arrivals.arrived(event.rumour.id);
        this.#heat(event.rumour, event.from, now);
        break;
      case 'withdrawn':
        this.#hot.remove(event.id);
        break;
      case 'peerGone':
        this.#hot.forgetPeer(event.peer);
        this.#redirectRequests(now, event.peer);
        break;
    }
    const effects = this.#effects;
    if (effects === null) return nothing;
    this.#effects = null;
    return effects;
  }

  #onTimer(timer: RumourTimer, now: number): void {
    if (timer.type === 'request') {
      this.#requestTimerArmed = false;
      this.#redirectRequests(now, null);
      this.#armRequestTimer(now);
    } else if (this.#timer.fired(timer)) {
      this.#runCycle(now);
      this.#armCycle(now);
    }
  }

  /** Closes the books of the cycle gone by, then calls this cycle's partners. */
  #runCycle(now: number): void {
    const { fanOut, direction } = this.#config;
    if (this.#hot.size > 0) this.#hot.endCycle(this.#cycle);
    this.#cycle++;
    this.#accepted = 0;
    this.#conversations.clear();
    if (this.#hot.size === 0 && direction === 'push') return;
    for (let i = 0; i < fanOut; i++) this.#call(0, now);
  }

  /** Opens one conversation, with somebody not known to hold everything if such a one is soon found. */
  #call(attempt: number, now: number): void {
    const { direction, rememberHolders } = this.#config;
    const gives = direction !== 'pull' && this.#hot.size > 0;
    const pull = direction !== 'push';
    let draws = gives && rememberHolders > 0 ? drawsPerConversation : 1;
    let peer = this.#partners.pick(now);
    while (peer !== undefined) {
      const selection = gives ? this.#hot.select(peer, this.#cycle, 'push', null) : null;
      if (selection !== null) {
        const conversation = this.#open(attempt, [...selection.carried, ...selection.announced]);
        const feedback = this.#wantsFeedback;
        const message = { type: 'gossip', conversation, pull, feedback, ...selection } as const;
        this.#emit({ type: 'send', to: peer, message });
        return;
      }
      if (--draws === 0) {
        if (pull) this.#emit({ type: 'send', to: peer, message: this.#bareRequest(attempt) });
        return;
      }
      peer = this.#partners.pick(now);
    }
  }

  #bareRequest(attempt: number): RumourGossipMessage {
    if (this.#config.connectionLimit === null) return bareRequest;
    return { ...bareRequest, conversation: this.#open(attempt, noMarks) };
  }

  /** Remembers what a refusal would undo. */
  #open(attempt: number, marks: readonly RumourMark[]): number {
    if (this.#config.connectionLimit === null) return 0;
    return this.#conversations.open(marks, attempt);
  }

  #onMessage(from: ReplicaId, message: RumourMessage, now: number): void {
    switch (message.type) {
      case 'gossip':
        this.#onGossip(from, message, now);
        break;
      case 'answer':
        this.#receive(from, message, 'pull', message.feedback, now);
        break;
      case 'feedback':
        this.#onFeedback(from, message);
        break;
      case 'request':
        this.#emit({ type: 'send', to: from, message: { type: 'payload', ids: message.ids } });
        break;
      case 'payload':
        this.#onPayload(from, message.ids);
        break;
      case 'refuse':
        this.#onRefuse(from, message.conversation, now);
        break;
    }
  }

  #onGossip(from: ReplicaId, message: RumourGossipMessage, now: number): void {
    const { connectionLimit } = this.#config;
    if (connectionLimit !== null && this.#accepted >= connectionLimit) {
      const { conversation } = message;
      this.#emit({ type: 'send', to: from, message: { type: 'refuse', conversation } });
      return;
    }
    this.#accepted++;
    this.#receive(from, message, 'push', message.feedback, now);
    if (message.pull && this.#hot.size > 0) this.#answer(from, message);
  }

  #answer(from: ReplicaId, { carried, announced }: RumourGossipMessage): void {
    let pushed: Set<RumourId> | null = null;
    for (const mark of carried.length + announced.length === 0 ? noMarks : [...carried, ...announced]) {
      pushed ??= new Set();
      pushed.add(mark.id);
      const rumour = this.#hot.get(mark.id);
      if (rumour !== undefined && rumour.learnt < this.#cycle) this.#hot.met(rumour, mark.count);
    }
    const selection = this.#hot.select(from, this.#cycle, 'pull', pushed);
    if (selection === null) return;
    const feedback = this.#wantsFeedback;
    this.#emit({ type: 'send', to: from, message: { type: 'answer', feedback, ...selection } });
  }

  /** Judges what a partner told: stores what is new, asks for what was only announced, tells the outcomes. */
  #receive(
    from: ReplicaId,
    { carried, announced }: Told,
    role: RumourRole,
    feedback: boolean,
    now: number,
  ): void {
    if (carried.length + announced.length === 0) return;
    const outcomes: RumourOutcome[] = [];
    const store: Rumour[] = [];
    const request: RumourId[] = [];
    for (const mark of carried) {
      if (this.isKnown(mark.id)) {
        outcomes.push(this.#judge(mark.id, from));
        continue;
      }
      this.#arrivals.store(mark, feedback ? role : null);
      store.push(mark);
    }
    for (const mark of announced) {
      outcomes.push(this.#judge(mark.id, from));
      if (this.isKnown(mark.id)) continue;
      if (this.#arrivals.isRequested(mark.id)) this.#arrivals.alsoAnnounced(mark.id, from);
      else if (this.#arrivals.request(mark, from, now + this.#config.requestTimeoutMs)) request.push(mark.id);
      else this.#emit({ type: 'notice', notice: { type: 'requestOverflow', id: mark.id } });
    }
    if (store.length > 0) this.#emit({ type: 'store', from, rumours: store });
    if (request.length > 0) {
      this.#emit({ type: 'send', to: from, message: { type: 'request', ids: request } });
      this.#armRequestTimer(now);
    }
    if (feedback) this.#tell(from, role, outcomes);
  }

  /** Known at the start of this cycle? The partner is a holder either way. */
  #judge(id: RumourId, from: ReplicaId): RumourOutcome {
    const rumour = this.#hot.get(id);
    if (rumour === undefined) return { id, known: this.#known.has(id), count: null };
    this.#hot.addHolder(rumour, from);
    return rumour.learnt < this.#cycle
      ? { id, known: true, count: rumour.count }
      : { id, known: false, count: null };
  }

  #tell(to: ReplicaId, role: RumourRole, outcomes: readonly RumourOutcome[]): void {
    if (outcomes.length > 0) this.#emit({ type: 'send', to, message: { type: 'feedback', role, outcomes } });
  }

  #onStored(from: ReplicaId, stored: readonly StoredRumour[], now: number): void {
    const pushed: RumourOutcome[] = [];
    const pulled: RumourOutcome[] = [];
    for (const { id, outcome } of stored) {
      const pending = this.#arrivals.stored(id);
      if (pending === undefined) continue;
      const hot = this.#hot.get(id);
      if (hot !== undefined) this.#hot.addHolder(hot, from);
      else if (outcome === 'novel') this.#heat(pending, from, now);
      else this.#known.add(id);
      const told = { id, known: outcome !== 'novel', count: null };
      if (pending.role === 'push') pushed.push(told);
      else if (pending.role === 'pull') pulled.push(told);
    }
    this.#tell(from, 'push', pushed);
    this.#tell(from, 'pull', pulled);
  }

  #onFeedback(from: ReplicaId, { role, outcomes }: RumourFeedbackMessage): void {
    for (const { id, known, count } of outcomes) {
      const rumour = this.#hot.get(id);
      if (rumour === undefined) continue;
      this.#hot.addHolder(rumour, from);
      this.#hot.outcome(rumour, role, known, count);
    }
  }

  /** Takes payloads that were asked for; the sender had its outcome when it announced them. */
  #onPayload(from: ReplicaId, ids: readonly RumourId[]): void {
    const store: Rumour[] = [];
    for (const id of ids) {
      const rumour = this.#arrivals.arrived(id);
      if (rumour === undefined || this.isKnown(id)) continue;
      this.#arrivals.store(rumour, null);
      store.push({ id, sizeBytes: rumour.sizeBytes });
    }
    if (store.length > 0) this.#emit({ type: 'store', from, rumours: store });
  }

  /** Hunts on, as often as the hunt limit allows. A refused conversation costs and counts nothing. */
  #onRefuse(from: ReplicaId, id: number, now: number): void {
    const conversation = this.#conversations.refused(id);
    if (conversation === undefined) return;
    this.#hot.undoPush(conversation.ids, from);
    if (conversation.attempt < this.#config.huntLimit) this.#call(conversation.attempt + 1, now);
  }

  #redirectRequests(now: number, gone: ReplicaId | null): void {
    if (this.#arrivals.requests === 0) return;
    for (const [to, ids] of this.#arrivals.redirect(now, now + this.#config.requestTimeoutMs, gone)) {
      this.#emit({ type: 'send', to, message: { type: 'request', ids } });
    }
  }

  #heat(rumour: Rumour, from: ReplicaId | null, now: number): void {
    const dropped = this.#hot.add(rumour, this.#cycle, from);
    if (dropped !== undefined) this.#emit({ type: 'notice', notice: { type: 'hotOverflow', id: dropped } });
    if (this.#timer.isIdle) this.#armCycle(now);
  }

  #armCycle(now: number): void {
    const wake = this.#timer.arm(now, this.#hot.size > 0);
    if (wake !== undefined) this.#emit(wake);
  }

  #armRequestTimer(now: number): void {
    if (this.#config.intervalMs === null || this.#requestTimerArmed) return;
    const dueAt = this.#arrivals.nextDue();
    if (dueAt === undefined) return;
    this.#requestTimerArmed = true;
    this.#emit({
      type: 'wake',
      afterMs: Math.max(0, dueAt - now),
      timer: { type: 'request', generation: 0 },
    });
  }

  get #wantsFeedback(): boolean {
    return this.#config.stopRule === 'feedback' || this.#config.rememberHolders > 0;
  }

  #emit(effect: RumourEffect): void {
    this.#effects ??= [];
    this.#effects.push(effect);
  }
}
