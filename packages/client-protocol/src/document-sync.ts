import type { DocumentId, Life } from '@hearsay/core';
import { decodeStateVector, type StateVector } from '@hearsay/document';
import { closeCodes, closeSocket } from './close-codes.ts';
import type { Framing } from './framing.ts';
import { OwedStatuses } from './owed-statuses.ts';
import { RequestBudget } from './request-budget.ts';
import type { Channel, SessionEffect, SessionEvent, SubmitOutcome } from './session.ts';
import { maxStateVectorEntries, type SyncMessage } from './sync-message.ts';

export interface DocumentSyncDeps {
  readonly channel: Channel;
  readonly document: DocumentId;
  readonly framing: Framing;
  /** Ends the channel for a reason the client is told. */
  readonly fail: (code: string, message: string) => SessionEffect[];
}

/** A look at the document: what of it the client has, or null when it asked for nothing; `ask`: it is asked in return. */
interface StateRequest {
  readonly stateVector: StateVector | null;
  readonly ask: boolean;
}

/** The sync protocol of one client with one document: states, updates, and an answer for each of them. */
export class DocumentSync {
  readonly #deps: DocumentSyncDeps;
  readonly #owed = new OwedStatuses();
  readonly #budget = new RequestBudget();
  #life: Life | null = null;
  #nextTicket = 1;
  #reading: (StateRequest & { readonly ticket: number }) | undefined;
  /** Read after the present one. */
  #next: StateRequest | undefined;
  /** Not to be read before some time. */
  #later: (StateRequest & { readonly at: number }) | undefined;
  /** When the client was last asked for what it has, while that answer is due. */
  #askedAt: number | undefined;
  #everAsked = false;

  constructor(deps: DocumentSyncDeps) {
    this.#deps = deps;
  }

  /** Forgets what was asked, and whom: answers to it are no longer for this client. */
  stop(): void {
    this.#reading = undefined;
    this.#next = undefined;
    this.#later = undefined;
    this.#askedAt = undefined;
  }

  /** The client has told which life of the document it holds. */
  holds(life: Life): void {
    this.#life = life;
  }

  receive(message: SyncMessage, mayWrite: boolean, now: number): SessionEffect[] {
    if (message.step !== 'step1') return this.#submit(message.step, message.update, mayWrite);
    // An empty hand holds nothing of an earlier life.
    if (message.stateVector.size === 0) this.#life = null;
    const request = {
      stateVector: message.stateVector,
      ask: this.#deps.framing.expectsToBeAsked || !this.#everAsked,
    };
    if (this.#budget.take(now)) return this.#request(request, now);
    this.#postpone(request, now);
    return [];
  }

  state(event: Extract<SessionEvent, { readonly type: 'state' }>, now: number): SessionEffect[] {
    const request = this.#reading;
    if (request?.ticket !== event.ticket) return [];
    this.#reading = undefined;
    if (this.#life !== null && this.#life !== event.life) {
      return this.#deps.fail('LIFE_ENDED', 'the document was deleted');
    }
    this.#life = event.life;
    const effects: SessionEffect[] = [];
    if (request.ask || isAhead(request.stateVector, event.stateVector)) {
      this.#askedAt = now;
      this.#everAsked = true;
      effects.push(this.#send('step1', event.stateVector));
    }
    // The step 2 is what tells a client that it is in sync, so the other pieces go before it.
    for (const [index, update] of event.updates.entries()) {
      effects.push(this.#send(index === event.updates.length - 1 ? 'step2' : 'update', update));
    }
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) effects.push(...this.#request(next, now));
    return effects;
  }

  readFailed(code: string, message: string, now: number): SessionEffect[] {
    const request = this.#reading;
    if (request === undefined) return [];
    if (!this.#concernsOnlyThisDocument(code)) return this.#deps.fail(code, message);
    this.#reading = undefined;
    this.#postpone(request, now + tryAgainMs);
    return [];
  }

  submitted(ticket: number, outcome: SubmitOutcome, now: number): SessionEffect[] {
    const owed = this.#owed.find(ticket);
    if (owed === undefined) return [];
    if (!outcome.ok && !owed.dryRun) return this.#refused(ticket, owed.step, outcome, now);
    const saved = outcome.ok && !(owed.dryRun && outcome.novel);
    this.#settle(ticket, owed.step, saved);
    return [...this.#statuses(), ...(owed.dryRun && !saved ? this.#readOnly() : [])];
  }

  /** Every few seconds: what was put off, and answers that never came. */
  tick(now: number): SessionEffect[] {
    const effects: SessionEffect[] = [];
    if (this.#askedAt !== undefined && now - this.#askedAt >= answerDueMs) {
      this.#askedAt = undefined;
      this.#owed.settleHeld(false);
      effects.push(...this.#statuses());
    }
    const later = this.#later;
    if (later !== undefined && now >= later.at && this.#reading === undefined && this.#budget.take(now)) {
      this.#later = undefined;
      effects.push(...this.#request(later, now));
    }
    return effects;
  }

  #submit(step: 'step2' | 'update', update: Uint8Array, mayWrite: boolean): SessionEffect[] {
    const { channel, document } = this.#deps;
    const ticket = this.#nextTicket++;
    const dryRun = !mayWrite;
    this.#owed.add({ ticket, step, dryRun });
    if (dryRun && step === 'update') {
      this.#owed.settle(ticket, false);
      return [...this.#statuses(), ...this.#readOnly()];
    }
    return [{ type: 'submit', channel, document, ticket, life: this.#life, update, dryRun }];
  }

  #refused(
    ticket: number,
    step: 'step2' | 'update',
    { code, message }: Extract<SubmitOutcome, { readonly ok: false }>,
    now: number,
  ): SessionEffect[] {
    const lacks = code === 'UPDATE_MISSING_DEPENDENCIES';
    if (lacks && step === 'update' && this.#askedAt !== undefined) {
      // What it lacks is in the step 2 that is on its way, or was never sent.
      if (this.#owed.hold(ticket)) return [];
      return [closeSocket(closeCodes.tryAgainLater, 'too many updates without what they depend on')];
    }
    this.#settle(ticket, step, false);
    const effects = this.#statuses();
    if (!lacks && !this.#concernsOnlyThisDocument(code))
      return [...effects, ...this.#deps.fail(code, message)];
    const ask = { stateVector: null, ask: true };
    if (lacks && step === 'update') return [...effects, ...this.#request(ask, now)];
    // Everything the client has was not enough, or cannot be stored now: to ask at once would go round in circles.
    this.#postpone(ask, now + tryAgainMs);
    return effects;
  }

  #settle(ticket: number, step: 'step2' | 'update', saved: boolean): void {
    this.#owed.settle(ticket, saved);
    if (step !== 'step2') return;
    this.#askedAt = undefined;
    this.#owed.settleHeld(saved);
  }

  #statuses(): SessionEffect[] {
    const { channel, framing } = this.#deps;
    return this.#owed.take().flatMap((saved) => {
      const frame = framing.saved(channel, saved);
      return frame === undefined ? [] : [{ type: 'send', frame }];
    });
  }

  /** Says so where there is no status to say it. */
  #readOnly(): SessionEffect[] {
    const { channel, framing } = this.#deps;
    if (framing.saved(channel, false) !== undefined) return [];
    return [{ type: 'send', frame: framing.denied(channel, 'read-only') }];
  }

  #request(request: StateRequest, now: number): SessionEffect[] {
    if (this.#reading !== undefined) {
      this.#next = this.#next === undefined ? request : both(this.#next, request);
      return [];
    }
    const { channel, document } = this.#deps;
    const ticket = this.#nextTicket++;
    this.#reading = { ...request, ticket };
    if (request.ask) this.#askedAt = now;
    return [{ type: 'read', channel, document, ticket, stateVector: request.stateVector }];
  }

  #postpone(request: StateRequest, at: number): void {
    const later = this.#later;
    this.#later =
      later === undefined ? { ...request, at } : { ...both(later, request), at: Math.min(later.at, at) };
  }

  #send(step: 'step1' | 'step2' | 'update', payload: Uint8Array): SessionEffect {
    return { type: 'send', frame: this.#deps.framing.sync(this.#deps.channel, step, payload) };
  }

  /** Trouble that a client with other documents on the same socket should not lose those for. */
  #concernsOnlyThisDocument(code: string): boolean {
    return code === 'DOCUMENT_DAMAGED' && this.#deps.framing.sharesSocket;
  }
}

/** One look that serves for two: what a client has only grows. */
function both(earlier: StateRequest, later: StateRequest): StateRequest {
  return {
    stateVector: later.stateVector ?? earlier.stateVector,
    ask: earlier.ask || later.ask,
  };
}

/** Whether a client claims to have what is unknown here. */
function isAhead(theirs: StateVector | null, ours: Uint8Array): boolean {
  if (theirs === null) return false;
  const known = decodeStateVector(ours, maxStateVectorEntries);
  if (!known.ok) return false;
  for (const [client, clock] of theirs) if (clock > (known.value.get(client) ?? 0)) return true;
  return false;
}

/** Between two attempts at what has just failed: damage is healed from peers within seconds. */
const tryAgainMs = 20_000;

/** A client that was asked for 8 MB on a line of 100 KB/s needs 80 s. */
const answerDueMs = 120_000;
