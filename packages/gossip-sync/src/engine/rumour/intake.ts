import type { ReplicaId } from '@hearsay/core';
import { isKnown, type RumourContext } from './context.ts';
import type { StoredRumour } from './events.ts';
import type { Rumour, RumourGossipMessage, RumourId, RumourOutcome, RumourRole } from './messages.ts';

/** The part that gossip and answers have in common. */
type Told = Pick<RumourGossipMessage, 'carried' | 'announced'>;

/** Takes rumours in: judges what partners tell, has new payloads stored, asks for what was only announced. */
export class Intake {
  readonly #context: RumourContext;
  readonly #heat: (rumour: Rumour, from: ReplicaId, now: number) => void;
  #isTimerArmed = false;

  constructor(context: RumourContext, heat: (rumour: Rumour, from: ReplicaId, now: number) => void) {
    this.#context = context;
    this.#heat = heat;
  }

  receive(
    from: ReplicaId,
    { carried, announced }: Told,
    role: RumourRole,
    feedback: boolean,
    now: number,
  ): void {
    if (carried.length + announced.length === 0) return;
    const { config, arrivals, emit } = this.#context;
    const outcomes: RumourOutcome[] = [];
    const store: Rumour[] = [];
    const request: RumourId[] = [];
    for (const mark of carried) {
      if (isKnown(this.#context, mark.id)) {
        outcomes.push(this.#judge(mark.id, from));
        continue;
      }
      arrivals.store(mark, feedback ? role : null);
      store.push(mark);
    }
    for (const mark of announced) {
      outcomes.push(this.#judge(mark.id, from));
      if (isKnown(this.#context, mark.id)) continue;
      if (arrivals.isRequested(mark.id)) arrivals.alsoAnnounced(mark.id, from);
      else if (arrivals.request(mark, from, now + config.requestTimeoutMs)) request.push(mark.id);
      else emit({ type: 'notice', notice: { type: 'requestOverflow', id: mark.id } });
    }
    if (store.length > 0) emit({ type: 'store', from, rumours: store });
    if (request.length > 0) {
      emit({ type: 'send', to: from, message: { type: 'request', ids: request } });
      this.#armTimer(now);
    }
    if (feedback) this.#tell(from, role, outcomes);
  }

  /** Spreads what the store found novel, and tells the partners that wait for the outcome. */
  onStored(from: ReplicaId, stored: readonly StoredRumour[], now: number): void {
    const { hot, known, arrivals } = this.#context;
    const pushed: RumourOutcome[] = [];
    const pulled: RumourOutcome[] = [];
    for (const { id, outcome } of stored) {
      const pending = arrivals.stored(id);
      if (pending === undefined) continue;
      const rumour = hot.get(id);
      if (rumour !== undefined) hot.addHolder(rumour, from);
      else if (outcome === 'novel') this.#heat(pending, from, now);
      else known.add(id);
      const told = { id, known: outcome !== 'novel', count: null };
      if (pending.role === 'push') pushed.push(told);
      else if (pending.role === 'pull') pulled.push(told);
    }
    this.#tell(from, 'push', pushed);
    this.#tell(from, 'pull', pulled);
  }

  /** Takes payloads that were asked for; the sender had its outcome when it announced them. */
  onPayload(from: ReplicaId, ids: readonly RumourId[]): void {
    const { arrivals, emit } = this.#context;
    const store: Rumour[] = [];
    for (const id of ids) {
      const rumour = arrivals.arrived(id);
      if (rumour === undefined || isKnown(this.#context, id)) continue;
      arrivals.store(rumour, null);
      store.push({ id, sizeBytes: rumour.sizeBytes });
    }
    if (store.length > 0) emit({ type: 'store', from, rumours: store });
  }

  onTimer(now: number): void {
    this.#isTimerArmed = false;
    this.#redirect(now, null);
    this.#armTimer(now);
  }

  onPeerGone(peer: ReplicaId, now: number): void {
    this.#redirect(now, peer);
  }

  /** Known at the start of this cycle? The partner is a holder either way. */
  #judge(id: RumourId, from: ReplicaId): RumourOutcome {
    const { hot, known, cycle } = this.#context;
    const rumour = hot.get(id);
    if (rumour === undefined) return { id, known: known.has(id), count: null };
    hot.addHolder(rumour, from);
    return rumour.learnt < cycle
      ? { id, known: true, count: rumour.count }
      : { id, known: false, count: null };
  }

  #tell(to: ReplicaId, role: RumourRole, outcomes: readonly RumourOutcome[]): void {
    if (outcomes.length === 0) return;
    this.#context.emit({ type: 'send', to, message: { type: 'feedback', role, outcomes } });
  }

  /** Asks others for what is overdue, or was asked of a peer that is gone. */
  #redirect(now: number, gone: ReplicaId | null): void {
    const { config, arrivals, emit } = this.#context;
    if (arrivals.requests === 0) return;
    for (const [to, ids] of arrivals.redirect(now, now + config.requestTimeoutMs, gone)) {
      emit({ type: 'send', to, message: { type: 'request', ids } });
    }
  }

  #armTimer(now: number): void {
    const { config, arrivals, emit } = this.#context;
    const dueAt = arrivals.nextDue();
    if (config.intervalMs === null || this.#isTimerArmed || dueAt === undefined) return;
    this.#isTimerArmed = true;
    emit({ type: 'wake', afterMs: Math.max(0, dueAt - now), timer: { type: 'request', generation: 0 } });
  }
}
