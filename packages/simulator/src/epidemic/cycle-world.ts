import { isReplicaId, type Random, type ReplicaId } from '@hearsay/core';
import {
  createRumourMachine,
  type PartnerSource,
  type RumourConfig,
  type RumourEffect,
  type RumourEvent,
  type RumourMachine,
  type RumourMessage,
} from '@hearsay/gossip-sync';

/** Sees who talks to whom: for traffic per link. */
export interface TrafficObserver {
  /** A conversation that was not refused. */
  conversation(caller: number, called: number): void;
  /** A conversation by which the update had to be sent, in whichever direction. */
  update(caller: number, called: number): void;
}

export interface EpidemicOptions {
  readonly sites: number;
  readonly config: RumourConfig;
  readonly random: Random;
  /** The choice of partners of each site, among `ids`, never itself. */
  readonly partners: (site: number, ids: readonly ReplicaId[], random: Random) => PartnerSource;
  /** Sites that know the update at cycle 0. */
  readonly infected: readonly number[];
  /** Ends the run early; a k of infinity never ends by itself before all know. */
  readonly maxCycles?: number;
  readonly observer?: TrafficObserver;
}

/** How many sites were susceptible, infective and removed at the end of a cycle. */
export interface EpidemicMoment {
  readonly susceptible: number;
  readonly infective: number;
  readonly removed: number;
}

export interface EpidemicRun {
  /** Share of sites never reached: Demers' s. */
  readonly residue: number;
  /** Payloads sent, useful or not, per site: Demers' m. */
  readonly traffic: number;
  /** Mean cycle of first arrival over the sites reached; 0 for those infected at the start. */
  readonly tAverage: number;
  readonly tLast: number;
  readonly cycles: number;
  /** One moment per cycle, cycle 0 first. */
  readonly history: readonly EpidemicMoment[];
}

/**
 * One rumour in synchronous cycles over the shipping machines: all calls first, then all that follows from them. Yields
 * after every cycle.
 */
export function epidemic(options: EpidemicOptions): Generator<EpidemicMoment, EpidemicRun> {
  return new CycleWorld(options).run();
}

/** All of an {@link epidemic}. */
export function runEpidemic(options: EpidemicOptions): EpidemicRun {
  const cycles = epidemic(options);
  let step = cycles.next();
  while (step.done !== true) step = cycles.next();
  return step.value;
}

/** Distinct replica ids for simulated sites. */
export function siteIds(count: number): readonly ReplicaId[] {
  return Array.from({ length: count }, (_, site) => {
    const id = site.toString(16).padStart(32, '0');
    if (!isReplicaId(id)) throw new Error(`not a replica id: ${id}`);
    return id;
  });
}

const rumour = { id: 'rumour', sizeBytes: 1 };
const cycleEvent: RumourEvent = { type: 'timer', timer: { type: 'cycle', generation: 0 } };

class CycleWorld {
  readonly #options: EpidemicOptions;
  readonly #ids: readonly ReplicaId[];
  readonly #indexes: ReadonlyMap<ReplicaId, number>;
  readonly #machines: readonly RumourMachine[];
  readonly #order: number[];
  /** Cycle of first arrival; -1 before it. */
  readonly #arrivals: Int32Array;
  #queueFrom: number[] = [];
  #queueTo: number[] = [];
  #queue: RumourMessage[] = [];
  #cycle = 0;
  #reached = 0;
  #payloads = 0;

  constructor(options: EpidemicOptions) {
    const { sites, config, random, partners } = options;
    this.#options = options;
    this.#ids = siteIds(sites);
    this.#indexes = new Map(this.#ids.map((id, index) => [id, index]));
    this.#machines = this.#ids.map((_, site) =>
      createRumourMachine({ config, random, partners: partners(site, this.#ids, random) }),
    );
    this.#order = this.#ids.map((_, site) => site);
    this.#arrivals = new Int32Array(sites).fill(-1);
  }

  *run(): Generator<EpidemicMoment, EpidemicRun> {
    const { infected, maxCycles = Number.POSITIVE_INFINITY, sites, config } = this.#options;
    for (const site of infected) {
      this.#arrive(site);
      this.#machine(site).handle({ type: 'hot', rumour, from: null }, 0);
    }
    const history = [this.#moment()];
    while (this.#cycle < maxCycles) {
      this.#runCycle();
      const moment = this.#moment();
      history.push(moment);
      yield moment;
      if (moment.infective === 0 || (moment.susceptible === 0 && config.k === Number.POSITIVE_INFINITY))
        break;
    }
    const reached = this.#arrivals.filter((cycle) => cycle >= 0);
    return {
      residue: 1 - this.#reached / sites,
      traffic: this.#payloads / sites,
      tAverage: reached.reduce((sum, cycle) => sum + cycle, 0) / reached.length,
      tLast: reached.reduce((last, cycle) => Math.max(last, cycle), 0),
      cycles: this.#cycle,
      history,
    };
  }

  #runCycle(): void {
    this.#cycle++;
    // Whom a limit refuses depends on who calls first.
    if (this.#options.config.connectionLimit !== null) this.#shuffle();
    for (const site of this.#order) this.#apply(site, this.#machine(site).handle(cycleEvent, this.#cycle));
    for (let i = 0; i < this.#queue.length; i++) {
      const message = this.#queue[i];
      if (message !== undefined) this.#deliver(this.#queueFrom[i] ?? 0, this.#queueTo[i] ?? 0, message);
    }
    this.#queueFrom = [];
    this.#queueTo = [];
    this.#queue = [];
  }

  #deliver(from: number, to: number, message: RumourMessage): void {
    const fromId = this.#ids[from];
    if (fromId === undefined) return;
    const effects = this.#machine(to).handle({ type: 'message', from: fromId, message }, this.#cycle);
    this.#measure(from, to, message, effects);
    this.#apply(to, effects);
  }

  #measure(from: number, to: number, message: RumourMessage, effects: readonly RumourEffect[]): void {
    const { observer } = this.#options;
    if (message.type === 'gossip') {
      const first = effects[0];
      if (first?.type === 'send' && first.message.type === 'refuse') return;
      this.#payloads += message.carried.length;
      observer?.conversation(from, to);
    } else if (message.type === 'answer') {
      this.#payloads += message.carried.length;
    } else if (message.type === 'payload') {
      this.#payloads += message.ids.length;
    } else if (message.type === 'feedback' && message.outcomes.some((outcome) => !outcome.known)) {
      // The called one judges a push, the caller what it pulled.
      if (message.role === 'push') observer?.update(to, from);
      else observer?.update(from, to);
    }
  }

  #apply(site: number, effects: readonly RumourEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') {
        this.#queueFrom.push(site);
        this.#queueTo.push(this.#indexes.get(effect.to) ?? 0);
        this.#queue.push(effect.message);
      } else if (effect.type === 'store') {
        this.#arrive(site);
        const outcomes = effect.rumours.map(({ id }) => ({ id, outcome: 'novel' }) as const);
        this.#apply(
          site,
          this.#machine(site).handle({ type: 'stored', from: effect.from, outcomes }, this.#cycle),
        );
      }
    }
  }

  #arrive(site: number): void {
    if (this.#arrivals[site] !== -1) throw new Error(`site ${site} stored the rumour twice`);
    this.#arrivals[site] = this.#cycle;
    this.#reached++;
  }

  #moment(): EpidemicMoment {
    let infective = 0;
    for (const machine of this.#machines) if (machine.hotCount > 0) infective++;
    const susceptible = this.#order.length - this.#reached;
    return { susceptible, infective, removed: this.#reached - infective };
  }

  #machine(site: number): RumourMachine {
    const machine = this.#machines[site];
    if (machine === undefined) throw new Error(`no site ${site}`);
    return machine;
  }

  #shuffle(): void {
    const { random } = this.#options;
    const order = this.#order;
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      const held = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = held;
    }
  }
}
