import { type DocumentKey, documentKey, type ReplicaId } from '@hearsay/core';
import type { DocumentChange, DocumentDescription, ReceiveOutcome } from '../../ports.ts';
import type { Machine } from '../machine.ts';
import type { AnsweredEvent, Differences } from '../requests.ts';
import { Batch, Job } from './batch.ts';
import type { DocumentsConfig } from './config.ts';
import type { ExchangeEffect, ExchangeEvent, ExchangeToken } from './events.ts';
import type { DifferencesMessage, ExchangeMode, StoredMessage } from './messages.ts';

/**
 * Rung 3, as the one who asks: describes documents to a peer, stores what comes back, and sends what the peer wants. A
 * document is exchanged with one peer at a time; the next one then finds less to do.
 */
export class DocumentExchange implements Machine<ExchangeEvent, ExchangeEffect> {
  readonly #config: DocumentsConfig;
  readonly #queues = new Map<ReplicaId, Map<DocumentKey, Job>>();
  readonly #batches = new Map<number, Batch>();
  /** Documents under way, with anybody. */
  readonly #busy = new Set<DocumentKey>();
  readonly #congested = new Set<ReplicaId>();
  /** Changes being stored, by batch. */
  readonly #receiving = new Map<number, Received>();
  #nextBatch = 1;
  #effects: ExchangeEffect[] = [];

  constructor(config: DocumentsConfig) {
    this.#config = config;
  }

  handle(event: ExchangeEvent, now: number): readonly ExchangeEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'exchange':
        this.#enqueue(event.peer, event.keys, event.mode);
        break;
      case 'message':
        this.#onMessage(event.from, event.message, now);
        break;
      case 'linkDown':
        this.#drop(event.peer);
        break;
      case 'heard':
        for (const batch of this.#batches.values()) if (batch.peer === event.peer) batch.progressAt = now;
        return this.#effects;
      case 'congested':
        this.#congested.add(event.peer);
        break;
      case 'drained':
        this.#congested.delete(event.peer);
        break;
      case 'timer':
        this.#onTimer(event.batch, now);
        break;
      case 'answered':
        this.#onAnswered(event, now);
        break;
    }
    // A document that was done with one peer may be what another one is waiting for.
    for (const peer of this.#queues.keys()) this.#start(peer, now);
    return this.#effects;
  }

  #enqueue(peer: ReplicaId, keys: readonly DocumentKey[], mode: ExchangeMode): void {
    const queue = this.#queues.get(peer) ?? new Map<DocumentKey, Job>();
    this.#queues.set(peer, queue);
    let dropped = 0;
    for (const key of keys) {
      if (queue.has(key)) continue;
      if (queue.size < this.#config.maxQueued) queue.set(key, new Job(key, mode));
      else {
        dropped++;
        this.#effects.push({ type: 'settled', peer, key, result: 'failed' });
      }
    }
    if (dropped > 0) this.#notice({ type: 'documentsDropped', peer, count: dropped });
  }

  #start(peer: ReplicaId, now: number): void {
    if (this.#congested.has(peer)) return;
    for (;;) {
      const underWay = [...this.#batches.values()].filter((batch) => batch.peer === peer).length;
      if (underWay >= this.#config.batchesPerPeer) return;
      const jobs = this.#take(peer);
      if (jobs.length === 0) return;
      const batch = new Batch(this.#nextBatch++, peer, jobs, now);
      this.#batches.set(batch.id, batch);
      for (const { key } of jobs) this.#busy.add(key);
      this.#ask(batch, 'describe', { call: 'describe', keys: jobs.map((job) => job.key) });
      this.#effects.push({ type: 'wake', afterMs: this.#config.timeoutMs, timer: batch.id });
    }
  }

  /** The next documents for one batch, all of one mode. */
  #take(peer: ReplicaId): Job[] {
    const queue = this.#queues.get(peer);
    const taken: Job[] = [];
    if (queue === undefined) return taken;
    for (const job of queue.values()) {
      if (taken.length >= this.#config.batchDocuments) break;
      if (this.#busy.has(job.key) || (taken[0] !== undefined && taken[0].mode !== job.mode)) continue;
      queue.delete(job.key);
      taken.push(job);
    }
    if (queue.size === 0) this.#queues.delete(peer);
    return taken;
  }

  #onAnswered({ token, answer }: AnsweredEvent<ExchangeToken>, now: number): void {
    if (token.step === 'complete') return;
    const batch = this.#batches.get(token.batch);
    const received = this.#receiving.get(token.batch);
    if (answer.call === 'receive' && received !== undefined) {
      this.#receiving.delete(token.batch);
      this.#onReceived(received, batch, answer.value);
    }
    if (batch === undefined) return;
    if (answer.call === 'describe') this.#onDescribed(batch, answer.value);
    else if (answer.call === 'differences') this.#push(batch, answer.value);
    this.#step(batch, now);
  }

  #onDescribed(batch: Batch, described: readonly DocumentDescription[]): void {
    const descriptions: DocumentDescription[] = [];
    let bytes = 0;
    for (const description of described) {
      bytes += 24 + (description.sketch?.byteLength ?? 0);
      if (descriptions.length === 0 || bytes <= this.#config.batchBytes) descriptions.push(description);
      else this.#again(batch, description.key);
    }
    const { id, mode, peer } = batch;
    batch.awaits = 'differences';
    batch.outstanding++;
    this.#effects.push({
      type: 'send',
      to: peer,
      message: { type: 'describe', batch: id, mode, descriptions },
    });
  }

  #onMessage(from: ReplicaId, message: DifferencesMessage | StoredMessage, now: number): void {
    const batch = this.#batches.get(message.batch);
    // Late, doubled or invented.
    if (batch === undefined || batch.peer !== from || batch.awaits !== message.type) return;
    batch.awaits = null;
    if (message.type === 'differences') this.#onDifferences(batch, message);
    else this.#onStored(batch, message.refused);
    this.#step(batch, now);
  }

  #onDifferences(batch: Batch, { items, unanswered }: DifferencesMessage): void {
    const changes: DocumentChange[] = [];
    const wanted: DocumentDescription[] = [];
    const complete: DocumentKey[] = [];
    const told = new Set<DocumentKey>();
    let hasLast = false;
    for (const item of items) {
      if (!batch.jobs.has(item.key)) continue;
      told.add(item.key);
      changes.push(...item.changes);
      if (item.partial) this.#again(batch, item.key);
      else complete.push(item.key);
      hasLast ||= item.changes.length === 0 && !item.partial;
      if (item.wanted?.key === item.key && batch.mode !== 'pull') wanted.push(item.wanted);
    }
    // Each answer must bring something, or asking again would never end.
    if (told.size > 0) for (const key of unanswered) if (!told.has(key)) this.#again(batch, key, told);
    for (const job of batch.jobs.values()) {
      if (!told.has(job.key) && !job.isUnfinished) job.hasFailed = true;
    }
    const request = { call: 'receive', changes, from: batch.peer, complete } as const;
    if (changes.length > 0) {
      this.#receiving.set(batch.id, { peer: batch.peer, changes });
      this.#ask(batch, 'receive', request);
    } else if (hasLast) {
      // That a peer has no more is news for a document that is being put together again; nothing waits for it.
      this.#effects.push({ type: 'ask', request, token: { batch: batch.id, step: 'complete' } });
    }
    if (wanted.length > 0) {
      const { batchBytes: maxBytes } = this.#config;
      this.#ask(batch, 'differences', { call: 'differences', descriptions: wanted, mode: 'pull', maxBytes });
    }
  }

  /** Sends what the peer wants. */
  #push(batch: Batch, { items, unanswered }: Differences): void {
    const changes = items.flatMap((item) => item.changes);
    for (const item of items) if (item.partial) this.#again(batch, item.key);
    for (const key of unanswered) this.#again(batch, key);
    if (changes.length === 0) return;
    batch.pushed = items.filter((item) => item.changes.length > 0).map((item) => item.key);
    batch.awaits = 'stored';
    batch.outstanding++;
    const { id, peer } = batch;
    this.#effects.push({ type: 'send', to: peer, message: { type: 'changes', batch: id, changes } });
  }

  #onStored(batch: Batch, refused: readonly DocumentKey[]): void {
    const failed = new Set(refused);
    for (const key of batch.pushed) {
      const job = batch.jobs.get(key);
      if (failed.has(key) && job !== undefined) job.hasFailed = true;
      else job?.moved();
    }
  }

  /** What was stored is news even if the batch has been given up meanwhile. */
  #onReceived(
    { peer, changes }: Received,
    batch: Batch | undefined,
    outcomes: readonly ReceiveOutcome[],
  ): void {
    const novel: DocumentChange[] = [];
    for (const [index, change] of changes.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      const key = documentKey(change.id);
      const job = batch?.jobs.get(key);
      if (!outcome.ok) {
        // Kept by the store until the rest of a damaged document has come.
        if (outcome.error.code === 'DOCUMENT_DAMAGED' && job?.isUnfinished === true) continue;
        if (job !== undefined) job.hasFailed = true;
        this.#notice({ type: 'changeRefused', peer, key, error: outcome.error });
      } else if (outcome.value.novel) {
        novel.push(change);
        job?.moved();
      }
    }
    if (novel.length > 0) this.#effects.push({ type: 'found', from: peer, changes: novel });
  }

  /** One thing the batch waited for has come; after the last one its documents are settled or asked about again. */
  #step(batch: Batch, now: number): void {
    batch.progressAt = now;
    if (--batch.outstanding > 0) return;
    this.#close(batch);
    for (const job of batch.jobs.values()) {
      const goesOn = job.isUnfinished && !job.hasFailed && job.idleRounds < this.#config.maxRounds;
      if (!goesOn) {
        this.#settle(batch.peer, job);
        continue;
      }
      job.isUnfinished = false;
      const queue = this.#queues.get(batch.peer) ?? new Map<DocumentKey, Job>();
      this.#queues.set(batch.peer, queue.set(job.key, job));
    }
  }

  #again(batch: Batch, key: DocumentKey, progress?: ReadonlySet<DocumentKey>): void {
    const job = batch.jobs.get(key);
    if (job === undefined) return;
    job.isUnfinished = true;
    // Documents that wait behind others in an answer's budget have not been tried.
    if (progress === undefined) job.idleRounds++;
  }

  #onTimer(id: number, now: number): void {
    const batch = this.#batches.get(id);
    if (batch === undefined) return;
    const { timeoutMs } = this.#config;
    const leftMs = Math.min(batch.progressAt + timeoutMs, batch.startedAt + timeoutMs * mostTimeouts) - now;
    if (leftMs > 0) this.#effects.push({ type: 'wake', afterMs: leftMs, timer: id });
    else this.#fail(batch);
  }

  #drop(peer: ReplicaId): void {
    this.#congested.delete(peer);
    for (const batch of [...this.#batches.values()]) if (batch.peer === peer) this.#fail(batch);
    const queue = this.#queues.get(peer);
    this.#queues.delete(peer);
    for (const job of queue?.values() ?? []) {
      job.hasFailed = true;
      this.#settle(peer, job);
    }
  }

  #fail(batch: Batch): void {
    this.#close(batch);
    for (const job of batch.jobs.values()) {
      job.hasFailed = true;
      this.#settle(batch.peer, job);
    }
  }

  #close(batch: Batch): void {
    this.#batches.delete(batch.id);
    for (const key of batch.jobs.keys()) this.#busy.delete(key);
  }

  #settle(peer: ReplicaId, job: Job): void {
    this.#effects.push({ type: 'settled', peer, key: job.key, result: job.result });
  }

  #ask(batch: Batch, step: ExchangeToken['step'], request: AskRequest): void {
    if (step !== 'describe') batch.outstanding++;
    this.#effects.push({ type: 'ask', request, token: { batch: batch.id, step } });
  }

  #notice(notice: Extract<ExchangeEffect, { type: 'notice' }>['notice']): void {
    this.#effects.push({ type: 'notice', notice });
  }
}

/** The longest message takes five minutes at 256 kbit/s; who sends parts for longer holds up its documents. */
const mostTimeouts = 10;

interface Received {
  readonly peer: ReplicaId;
  readonly changes: readonly DocumentChange[];
}

type AskRequest = Extract<ExchangeEffect, { type: 'ask' }>['request'];
