import { type Random, type SettledClock, type TaggedError, watchClock } from '@hearsay/core';
import type { NodeEvent } from '@hearsay/gossip-sync';
import {
  type CommittedChange,
  type DocumentStore,
  openStore,
  StoreGoneError,
  type StoreTunables,
} from '@hearsay/storage';
import type { VirtualDisk } from '../disk/virtual-disk.ts';
import type { VirtualNetwork } from '../network/network.ts';
import { addressOf } from '../network/transport.ts';
import type { Tracer } from '../run/trace.ts';
import { ProcessTime, type WallClock } from '../time/node-clock.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { CreateGossip, RunningGossip } from './gossip-port.ts';
import { type Sweep, startUpkeep, type Upkeep } from './upkeep.ts';

/**
 * `down`: no process. `starting`: one that opens its store. `running`: one that serves. `stopping`: one that ends in
 * good order. `broken`: the store refused to open, and nobody has seen to it yet.
 */
export type NodeState = 'down' | 'starting' | 'running' | 'stopping' | 'broken';

/** Hears what happens to a node; the oracles do. */
export interface NodeObserver {
  /** The store is open; gossip begins when this is done. */
  started(node: SimulatedNode, store: DocumentStore): Promise<void>;
  committed(node: SimulatedNode, changes: readonly CommittedChange[]): void;
  /** The store refused to open, or gave up. */
  broken(node: SimulatedNode, error: TaggedError): void;
  gossiped(node: SimulatedNode, event: NodeEvent): void;
  /** Its process is at its end; what it counted goes with it. */
  ended?(node: SimulatedNode): void;
  /** It has forgotten what was old enough. */
  swept?(node: SimulatedNode, sweep: Sweep): void;
}

export interface NodeDeps {
  readonly time: VirtualTime;
  readonly network: VirtualNetwork;
  readonly disk: VirtualDisk;
  readonly wall: WallClock;
  readonly random: Random;
  readonly trace: Tracer;
  readonly observer: NodeObserver;
  readonly createGossip: CreateGossip;
}

export interface NodeOptions {
  readonly name: string;
  readonly cluster: string;
  readonly dialOnly: boolean;
  readonly seeds: readonly string[];
  readonly region: string;
  readonly durability: 'synced' | 'buffered';
  readonly tunables: Partial<StoreTunables>;
  /** Nothing is forgotten when not given. */
  readonly upkeep: Upkeep | undefined;
}

const scrubIntervalMs = 5000;
const scrubbedDocuments = 20;

/** One machine and the processes that run on it, one after the other: the shipping store and gossip node. */
export class SimulatedNode {
  readonly name: string;
  readonly disk: VirtualDisk;
  readonly wall: WallClock;
  readonly #options: NodeOptions;
  readonly #deps: NodeDeps;
  #state: NodeState = 'down';
  #starts = 0;
  #process: ProcessTime | undefined;
  #store: DocumentStore | undefined;
  #gossip: RunningGossip | undefined;
  #clock: SettledClock | undefined;

  constructor(options: NodeOptions, deps: NodeDeps) {
    this.name = options.name;
    this.disk = deps.disk;
    this.wall = deps.wall;
    this.#options = options;
    this.#deps = deps;
    deps.network.addHost(options.name, options.dialOnly ? 'dial-only' : 'dialable');
  }

  get state(): NodeState {
    return this.#state;
  }

  /** How often a process was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Undefined while no process runs that has opened it. */
  get store(): DocumentStore | undefined {
    return this.#store;
  }

  /** By which its process judges ages and stamps deletions. */
  get clock(): SettledClock | undefined {
    return this.#clock;
  }

  get gossip(): RunningGossip | undefined {
    return this.#gossip;
  }

  start(): void {
    if (this.#state !== 'down' && this.#state !== 'broken') return;
    this.#become('starting');
    this.#starts++;
    const process = new ProcessTime(this.#deps.time, this.#deps.wall);
    this.#process = process;
    void this.#run(process, this.#deps.random.fork(`start ${this.#starts}`));
  }

  /** SIGTERM: resolves when the process has ended; false when it did not end by itself. */
  async stop(): Promise<boolean> {
    const process = this.#process;
    if (this.#state !== 'running' || process === undefined) return false;
    this.#become('stopping');
    await this.#gossip?.stop();
    // A disk that fails even then: the process ends all the same, and the next start sees to it.
    await this.#store?.close().catch(() => {});
    if (this.#process !== process) return false;
    this.#end(false);
    return true;
  }

  /** SIGKILL; false where there was no process. */
  async kill(): Promise<boolean> {
    if (this.#process === undefined) return false;
    this.#end(false);
    await this.disk.processEnded();
    return true;
  }

  /** The machine loses power: peers hear nothing, unsynced writes may be lost; false where there was no process. */
  async losePower(): Promise<boolean> {
    if (this.#process === undefined) return false;
    this.#end(true);
    await this.disk.powerLost();
    return true;
  }

  /** SIGSTOP; `holds` is told of what has to wait. */
  pause(holds?: () => void): void {
    this.#process?.pause(holds);
  }

  /** SIGCONT. */
  resume(): void {
    this.#process?.resume();
  }

  /** Runs `task` in the node's process; not at all when there is none. A store that closes cuts it short. */
  enter(task: (store: DocumentStore) => Promise<void>): void {
    const store = this.#store;
    if (store !== undefined) this.#process?.enter(() => void task(store).catch(unlessClosed));
  }

  async #run(process: ProcessTime, random: Random): Promise<void> {
    const { network, observer } = this.#deps;
    const { name, cluster, durability, tunables, dialOnly, seeds, region } = this.#options;
    const mounted = this.disk.mount(process);
    const { upkeep } = this.#options;
    const clock = upkeep && watchClock({ clock: process, timers: process, settleMs: upkeep.settleMs });
    const opened = await openStore({
      ...mounted,
      cluster,
      clock: clock ?? process,
      timers: process,
      random: random.fork('identity'),
      durability,
      tunables,
      ...(upkeep !== undefined && { keepsDeleted: true, certificateMs: upkeep.certificateMs }),
    });
    // What follows happens in a process that has not ended meanwhile: an ended one never hears from its disk.
    if (!opened.ok) {
      this.#fail(opened.error);
      return;
    }
    const store = opened.value;
    this.#store = store;
    this.#watch(store, process);
    await this.disk.spare(() => observer.started(this, store));
    const gossip = this.#deps.createGossip({
      store,
      transport: network.attach(name, process),
      clock: process,
      timers: process,
      random: random.fork('gossip'),
      address: dialOnly ? undefined : addressOf(name),
      seeds,
      region,
      event: (event) => {
        if (!process.ended) this.#heard(event);
      },
    });
    // The same order as in the server: gossip first, then whoever else listens.
    store.onCommit((changes) => {
      if (process.ended) return;
      gossip.committed(changes);
      observer.committed(this, changes);
    });
    this.#gossip = gossip;
    try {
      await gossip.start();
    } catch (error) {
      // As the server does: a start that fails ends the process.
      if (!process.ended) this.#fail({ code: 'STORE_GONE', message: String(error), retry: true });
      return;
    }
    if (process.ended) return;
    this.#become('running');
    this.#clock = clock;
    this.#scrub(store, process);
    if (upkeep !== undefined && clock !== undefined) {
      const swept = (sweep: Sweep): void => observer.swept?.(this, sweep);
      startUpkeep(upkeep, { store, clock, timers: process, swept });
    }
  }

  #watch(store: DocumentStore, process: ProcessTime): void {
    store.onStatus(({ state, code }) => {
      if (process.ended) return;
      this.#deps.trace.line(this.name, `store ${state}`);
      if (state === 'failed')
        this.#fail({ code: code ?? 'STORE_FAILED', message: 'the store gave up', retry: false });
    });
  }

  #heard(event: NodeEvent): void {
    this.#deps.observer.gossiped(this, event);
    if (event.type === 'storeFailed') {
      this.#fail({ code: 'STORE_GONE', message: String(event.error), retry: true });
    }
  }

  /** The process gives up by itself. */
  #fail(error: TaggedError): void {
    this.#deps.trace.line(this.name, `failed ${error.code}`);
    this.#end(false, 'broken');
    void this.disk.processEnded();
    this.#deps.observer.broken(this, error);
  }

  /** In the background, as the server does. */
  #scrub(store: DocumentStore, process: ProcessTime): void {
    process.set(scrubIntervalMs, () => {
      if (store.status().state === 'ready') store.scrub(scrubbedDocuments).catch(ignore);
      this.#scrub(store, process);
    });
  }

  #end(silently: boolean, state: 'down' | 'broken' = 'down'): void {
    if (this.#process !== undefined) this.#deps.observer.ended?.(this);
    this.#process?.end();
    this.#process = undefined;
    this.#store = undefined;
    this.#gossip = undefined;
    this.#clock = undefined;
    this.#deps.network.detach(this.name, silently);
    this.#become(state);
  }

  #become(state: NodeState): void {
    this.#state = state;
    this.#deps.trace.line(this.name, state);
  }
}

/** A store that closes or recovers under a scrub. */
function ignore(): void {}

/** Whoever waited for it hears no more of the node, as of one that was killed. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof StoreGoneError)) throw error;
}
