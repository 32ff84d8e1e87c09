import type { Random, ReplicaId } from '@hearsay/core';
import type { Machine } from '../machine.ts';
import type { PartnerSource } from '../partners/partner-source.ts';
import type { Topology } from '../topology.ts';
import type { RepairConfig } from './config.ts';
import type { RepairEffect, RepairEvent, RepairNotice, RepairTimer } from './events.ts';
import { PeerRecord } from './peer-record.ts';
import { RepairSession, type SessionEffect } from './session.ts';

export interface RepairDeps {
  readonly config: RepairConfig;
  readonly random: Random;
  readonly self: ReplicaId;
  readonly topology: Topology;
  readonly partners: PartnerSource;
  /** The last change that is known to be in the outbox here. */
  outboxHead(): number;
  /** Whether mail from before the link is still on its way to or from the peer. */
  isMailResuming(peer: ReplicaId, now: number): boolean;
}

interface Running {
  readonly session: RepairSession;
  readonly startedAt: number;
  progressAt: number;
  /** The outbox here when the roots that are being compared were read. */
  outboxHead: number;
}

/** Decides when to repair with whom, one session a peer at a time, and judges how sessions end. */
export class RepairMachine implements Machine<RepairEvent, RepairEffect> {
  readonly #deps: RepairDeps;
  readonly #records = new Map<ReplicaId, PeerRecord>();
  readonly #running = new Map<ReplicaId, Running>();
  /** When a session with a peer is to start. */
  readonly #due = new Map<ReplicaId, number>();
  #nextSession = 1;
  #dueAt = Number.POSITIVE_INFINITY;
  #effects: RepairEffect[] = [];

  constructor(deps: RepairDeps) {
    this.#deps = deps;
  }

  get records(): ReadonlyMap<ReplicaId, PeerRecord> {
    return this.#records;
  }

  /**
   * Whether a peer's comparison has to wait. Of two sessions that were started at once the lower replica id's goes on;
   * the other one yields.
   */
  isBusyFor(peer: ReplicaId, now: number): boolean {
    const running = this.#running.get(peer);
    if (running !== undefined && !(running.session.isComparing && peer < this.#deps.self)) return true;
    return this.#deps.isMailResuming(peer, now);
  }

  isRunning(peer: ReplicaId): boolean {
    return this.#running.has(peer);
  }

  handle(event: RepairEvent, now: number): readonly RepairEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'started':
        this.#armInterval();
        break;
      case 'linkUp':
        this.#onLinkUp(event.peer, event.initiates, now);
        break;
      case 'linkDown':
        this.#due.delete(event.peer);
        this.#end(event.peer, 'aborted', 'the link is gone', now);
        break;
      case 'heard': {
        const running = this.#running.get(event.peer);
        if (running !== undefined) running.progressAt = now;
        return this.#effects;
      }
      case 'yield':
        this.#end(event.peer, 'busy', 'the session of the peer goes first', now);
        if (this.#isMutual) this.#due.delete(event.peer);
        break;
      case 'repairNow':
        for (const peer of event.peer === null ? this.#deps.topology.linked : [event.peer])
          this.#due.set(peer, now);
        break;
      case 'message': {
        const running = this.#running.get(event.from);
        if (running?.session.id !== event.message.session) break;
        this.#run(event.from, running, running.session.message(event.message), now);
        break;
      }
      case 'answered': {
        const running = this.#running.get(event.token.peer);
        if (running?.session.id !== event.token.session) break;
        this.#run(event.token.peer, running, running.session.answered(event.answer), now);
        break;
      }
      case 'settled': {
        const running = this.#running.get(event.peer);
        if (running === undefined) break;
        this.#run(event.peer, running, running.session.settled(event.key, event.result), now);
        break;
      }
      case 'provenEqual':
        this.#records.get(event.peer)?.proven(now);
        break;
      case 'timer':
        this.#onTimer(event.timer, now);
        break;
    }
    this.#startDue(now);
    return this.#effects;
  }

  #onLinkUp(peer: ReplicaId, initiates: boolean, now: number): void {
    if (!this.#records.has(peer)) this.#records.set(peer, new PeerRecord(now));
    if (initiates || !this.#isMutual) this.#due.set(peer, now);
  }

  /** One session serves both; where documents go one way alone each end needs one of its own. */
  get #isMutual(): boolean {
    return this.#deps.config.mode === 'push-pull';
  }

  #onTimer(timer: RepairTimer, now: number): void {
    switch (timer.type) {
      case 'interval': {
        const partner = this.#deps.partners.pick(now);
        if (partner !== undefined && !this.#due.has(partner)) this.#due.set(partner, now);
        this.#armInterval();
        break;
      }
      case 'due':
        if (timer.at === this.#dueAt) this.#dueAt = Number.POSITIVE_INFINITY;
        break;
      case 'session':
        this.#onSessionTimer(timer.peer, timer.session, now);
        break;
    }
  }

  #onSessionTimer(peer: ReplicaId, session: number, now: number): void {
    const running = this.#running.get(peer);
    if (running?.session.id !== session) return;
    const { idleTimeoutMs, sessionMs } = this.#deps.config;
    const endsAt = Math.min(running.progressAt + idleTimeoutMs, running.startedAt + sessionMs);
    if (endsAt > now) {
      this.#wake({ type: 'session', peer, session }, endsAt - now);
      return;
    }
    // What has come so far is kept; a peer that gives nothing has to wait for its turn.
    if (running.session.moved > 0) this.#due.set(peer, now + this.#deps.config.retryMs);
    this.#end(peer, 'aborted', 'the time for it is over', now);
  }

  /** Starts what is due and possible; the rest is looked at again a little later. */
  #startDue(now: number): void {
    const { config, topology, isMailResuming } = this.#deps;
    for (const [peer, dueAt] of this.#due) {
      if (!topology.linked.has(peer)) this.#due.delete(peer);
      else if (dueAt > now || this.#running.has(peer)) continue;
      else if (this.#running.size >= config.maxSessions) break;
      else if (isMailResuming(peer, now)) this.#due.set(peer, now + config.retryMs);
      else this.#start(peer, now);
    }
    this.#armDue(now);
  }

  #start(peer: ReplicaId, now: number): void {
    const { config } = this.#deps;
    const record = this.#records.get(peer);
    if (record === undefined) return;
    this.#due.delete(peer);
    const session = new RepairSession({
      id: this.#nextSession++,
      peer,
      config,
      unsettled: record.unsettled,
      mayWalk: record.mayWalk(now),
      mustWalk: record.mustWalk(now, config),
    });
    const running = { session, startedAt: now, progressAt: now, outboxHead: 0 };
    this.#running.set(peer, running);
    this.#notice({ type: 'repairStarted', peer, session: session.id });
    this.#wake({ type: 'session', peer, session: session.id }, config.idleTimeoutMs);
    this.#run(peer, running, session.start(), now);
  }

  #run(peer: ReplicaId, running: Running, effects: readonly SessionEffect[], now: number): void {
    running.progressAt = now;
    const { mode } = this.#deps.config;
    const token = { peer, session: running.session.id };
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          this.#effects.push({ type: 'send', to: peer, message: effect.message });
          break;
        case 'ask':
          if (effect.request.call === 'summary') running.outboxHead = this.#deps.outboxHead();
          this.#effects.push({ type: 'ask', request: effect.request, token });
          break;
        case 'exchange':
          this.#effects.push({ type: 'exchange', peer, keys: effect.keys, mode });
          break;
        case 'differs': {
          const { mine, theirs } = effect;
          this.#notice({ type: 'repairCompared', peer, session: running.session.id, mine, theirs });
          break;
        }
        case 'ended':
          this.#end(peer, effect.outcome, effect.reason, now);
          break;
      }
    }
  }

  #end(
    peer: ReplicaId,
    outcome: Extract<SessionEffect, { type: 'ended' }>['outcome'],
    reason: string | null,
    now: number,
  ): void {
    const running = this.#running.get(peer);
    if (running === undefined) return;
    this.#running.delete(peer);
    const { session, startedAt, outboxHead } = running;
    const { id, moved, rounds, walked, failed } = session;
    const durationMs = now - startedAt;
    this.#notice({
      type: 'repairEnded',
      peer,
      session: id,
      outcome,
      reason,
      moved,
      failed: failed.size,
      rounds,
      walked,
      durationMs,
    });
    const { config, random } = this.#deps;
    const record = this.#records.get(peer);
    if (record?.ended({ outcome, walked, failed }, now, config)) {
      this.#notice({ type: 'divergence', peer, sessions: record.mismatches });
    }
    if (outcome === 'busy') this.#due.set(peer, now + config.retryMs * (0.5 + random.next()));
    else if (outcome !== 'aborted') {
      const provenHead = outcome === 'equal' ? outboxHead : null;
      this.#effects.push({ type: 'synced', peer, provenHead });
    }
  }

  #armInterval(): void {
    const { config, random } = this.#deps;
    const factor = 1 + config.jitter * (random.next() - 0.5);
    this.#wake({ type: 'interval' }, config.intervalMs * factor);
  }

  #armDue(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [peer, dueAt] of this.#due) if (!this.#running.has(peer)) next = Math.min(next, dueAt);
    // Those that are due already wait for a session to end.
    if (next <= now || next >= this.#dueAt) return;
    this.#dueAt = next;
    this.#wake({ type: 'due', at: next }, next - now);
  }

  #wake(timer: RepairTimer, afterMs: number): void {
    this.#effects.push({ type: 'wake', afterMs, timer });
  }

  #notice(notice: RepairNotice): void {
    this.#effects.push({ type: 'notice', notice });
  }
}
