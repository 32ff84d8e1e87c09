import type { EngineEffect, EngineEvent, EngineMessage, EngineNotice } from './events.ts';

/** Counted since the start, by name: see {@link Metrics}. */
export type Counters = Readonly<Record<string, number>>;

/**
 * Counts what goes in and what comes out, at one place: messages by type and direction, notices by type, and the sums that
 * they carry.
 */
export class Metrics {
  readonly #counters: Record<string, number> = {};

  get counters(): Counters {
    return { ...this.#counters };
  }

  event(event: EngineEvent): void {
    if (event.type === 'message') {
      const { channel, message } = event.message;
      this.#add(`received ${channel}.${message.type}`, 1);
      this.#payloads(event.message, 'Received');
    } else if (event.type === 'committed') this.#add('committed', event.entries.length);
    else if (event.type === 'linkUp' || event.type === 'linkDown') this.#add(event.type, 1);
  }

  effect(effect: EngineEffect): void {
    if (effect.type === 'send') {
      const { channel, message } = effect.message;
      this.#add(`sent ${channel}.${message.type}`, 1);
      this.#payloads(effect.message, 'Sent');
    } else if (effect.type === 'dial') this.#add('dialled', 1);
    else if (effect.type === 'notice') this.#notice(effect.notice);
  }

  /** Changes as they travel; by what is novel of them the redundancy is known. */
  #payloads({ message }: EngineMessage, way: 'Sent' | 'Received'): void {
    if (message.type === 'delivery') this.#add(`mail${way}`, message.entries.length);
    else if ('payloads' in message) this.#add(`rumours${way}`, message.payloads.length);
    else if (message.type === 'changes') this.#add(`differences${way}`, message.changes.length);
    else if (message.type === 'differences') {
      const changes = message.items.reduce((sum, item) => sum + item.changes.length, 0);
      this.#add(`differences${way}`, changes);
    }
  }

  #notice(notice: EngineNotice): void {
    switch (notice.type) {
      case 'mailReceived':
        this.#add('mailNovel', notice.novel);
        break;
      case 'rumoursReceived':
        this.#add('rumoursNovel', notice.novel);
        break;
      case 'mailDropped':
        this.#add('mailDropped', notice.count);
        break;
      case 'changeRefused':
        this.#add('changesRefused', 1);
        break;
      case 'documentsDropped':
        this.#add('documentsDropped', notice.count);
        break;
      case 'repairEnded':
        this.#add('repairs', 1);
        this.#add(`repairs ${notice.outcome}`, 1);
        this.#add('documentsMoved', notice.moved);
        this.#add('repairWalks', notice.walked ? 1 : 0);
        break;
      case 'contentConflict':
        this.#add('contentConflicts', notice.keys.length);
        break;
      case 'divergence':
        this.#add('divergences', 1);
        break;
      case 'presenceDropped':
        this.#add('presenceDropped', notice.count);
        break;
      case 'suspected':
      case 'refuted':
      case 'duplicateReplica':
      case 'incarnationWentBack':
      case 'isolated':
        this.#add(notice.type, 1);
        break;
      default:
        break;
    }
  }

  #add(name: string, count: number): void {
    this.#counters[name] = (this.#counters[name] ?? 0) + count;
  }
}
