import type { Random, ReplicaId } from '@hearsay/core';
import {
  createRumourMachine,
  type RumourConfig,
  type RumourEffect,
  type RumourEvent,
  type RumourMachine,
} from '@hearsay/gossip-sync';
import { EventQueue } from '../time/event-queue.ts';
import { siteIds } from './cycle-world.ts';
import type { Overlay } from './overlay-graph.ts';

/** How an update travels: by the shipping rumour machine, or passed on at once to every neighbour but its sender. */
export type BroadcastStrategy = RumourConfig | 'flooding';

export interface BroadcastOptions {
  readonly overlay: (random: Random) => Overlay;
  readonly strategy: BroadcastStrategy;
  /** One way, uniform between the two. */
  readonly latencyMs: readonly [number, number];
  readonly payloadBytes: number;
}

/** Of one update. */
export interface BroadcastFigures {
  /** Payloads received per site but the origin; 1 is the limit. */
  readonly payloads: number;
  /** Messages without payloads, per site. */
  readonly controls: number;
  /** Share of the sites that never got it; repair's to mend. */
  readonly residue: number;
  /** Until the last site that got it did. */
  readonly lastMs: number;
  readonly meanMs: number;
}

/** Spreads one update from a random site in virtual time, over an overlay of its own. */
export function broadcastOnce(options: BroadcastOptions, random: Random): BroadcastFigures {
  return new Broadcast(options, random).run();
}

/** Long after any rumour has cooled; requests for payloads time out within it. */
const untilMs = 60_000;
const rumour = 'update';

class Broadcast {
  readonly #options: BroadcastOptions;
  readonly #random: Random;
  readonly #overlay: Overlay;
  readonly #ids: readonly ReplicaId[];
  readonly #indexes: ReadonlyMap<ReplicaId, number>;
  readonly #machines: readonly RumourMachine[];
  readonly #queue = new EventQueue();
  readonly #arrivals = new Map<number, number>();
  /** Sites with something to tell. */
  readonly #hot = new Set<number>();
  /** Messages. */
  #underWay = 0;
  #now = 0;
  #payloads = 0;
  #controls = 0;

  constructor(options: BroadcastOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#overlay = options.overlay(random.fork('overlay'));
    this.#ids = siteIds(this.#overlay.length);
    this.#indexes = new Map(this.#ids.map((id, index) => [id, index]));
    const { strategy } = options;
    this.#machines =
      strategy === 'flooding' ? [] : this.#ids.map((_, site) => this.#createMachine(site, strategy));
  }

  run(): BroadcastFigures {
    const origin = this.#random.below(this.#ids.length);
    // Cycles of idle sites are anywhere when the update comes.
    const startMs = 5000;
    for (const site of this.#machines.keys())
      this.#later(startMs * this.#random.next(), () => this.#tell(site, { type: 'start' }));
    this.#later(startMs, () => {
      this.#controls = 0;
      if (this.#machines.length > 0) this.#arriveAsRumour(origin);
      else this.#flood(origin, null);
    });
    for (
      let next = this.#queue.pop();
      next !== undefined && next.at <= startMs + untilMs;
      next = this.#queue.pop()
    ) {
      this.#now = next.at;
      next.run?.();
      // Idle machines keep their timers for ever.
      if (this.#now > startMs && this.#hot.size === 0 && this.#underWay === 0) break;
    }
    const delays = [...this.#arrivals].filter(([site]) => site !== origin).map(([, at]) => at - startMs);
    const others = this.#ids.length - 1;
    return {
      payloads: this.#payloads / others,
      controls: this.#controls / others,
      residue: 1 - delays.length / others,
      lastMs: delays.reduce((last, delay) => Math.max(last, delay), 0),
      meanMs: delays.reduce((sum, delay) => sum + delay, 0) / Math.max(1, delays.length),
    };
  }

  #createMachine(site: number, config: RumourConfig): RumourMachine {
    const neighbours = (this.#overlay[site] ?? []).map((other) => this.#ids[other]);
    const random = this.#random.fork(`site ${site}`);
    return createRumourMachine({ config, random, partners: { pick: () => random.pick(neighbours) } });
  }

  #arriveAsRumour(site: number): void {
    this.#arrivals.set(site, this.#now);
    this.#tell(site, {
      type: 'hot',
      rumour: { id: rumour, sizeBytes: this.#options.payloadBytes },
      from: null,
    });
  }

  #flood(site: number, from: number | null): void {
    if (this.#arrivals.has(site)) return;
    this.#arrivals.set(site, this.#now);
    for (const other of this.#overlay[site] ?? []) {
      if (other === from) continue;
      this.#payloads++;
      this.#send(() => this.#flood(other, site));
    }
  }

  #tell(site: number, event: RumourEvent): void {
    const machine = this.#machines[site];
    for (const effect of machine?.handle(event, this.#now) ?? []) this.#apply(site, effect);
    if ((machine?.hotCount ?? 0) > 0) this.#hot.add(site);
    else this.#hot.delete(site);
  }

  #apply(site: number, effect: RumourEffect): void {
    if (effect.type === 'wake') {
      this.#later(effect.afterMs, () => this.#tell(site, { type: 'timer', timer: effect.timer }));
    } else if (effect.type === 'store') {
      this.#arrivals.set(site, this.#now);
      const outcomes = effect.rumours.map(({ id }) => ({ id, outcome: 'novel' }) as const);
      this.#tell(site, { type: 'stored', from: effect.from, outcomes });
    } else if (effect.type === 'send') {
      const { message, to } = effect;
      const carried = 'carried' in message ? message.carried.length : message.type === 'payload' ? 1 : 0;
      if (carried > 0) this.#payloads += carried;
      else this.#controls++;
      const from = this.#ids[site];
      const receiver = this.#indexes.get(to);
      if (from === undefined || receiver === undefined) return;
      this.#send(() => this.#tell(receiver, { type: 'message', from, message }));
    }
  }

  #send(arrive: () => void): void {
    const [least, most] = this.#options.latencyMs;
    this.#underWay++;
    this.#later(least + (most - least) * this.#random.next(), () => {
      this.#underWay--;
      arrive();
    });
  }

  #later(afterMs: number, run: () => void): void {
    this.#queue.push(this.#now + afterMs, run);
  }
}
