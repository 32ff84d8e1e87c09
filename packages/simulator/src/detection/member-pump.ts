import { isReplicaId, type Random, type ReplicaId } from '@hearsay/core';
import {
  createMembershipMachine,
  type MembershipConfig,
  type MembershipEffect,
  type MembershipEvent,
  type MembershipMachine,
} from '@hearsay/gossip-sync';
import { EventQueue } from '../time/event-queue.ts';

/** A process whose event loop is blocked now and then: starved of CPU, or collecting garbage. */
export interface Slowness {
  /** Share of the members that are so. */
  readonly share: number;
  /** Mean time between two pauses, exponential. */
  readonly runMs: number;
  /** A pause lasts uniformly from half to one and a half of this. */
  readonly pauseMs: number;
}

export interface PumpOptions {
  readonly members: number;
  readonly config: MembershipConfig;
  readonly random: Random;
  /** One way, uniform between the two. */
  readonly latencyMs: readonly [number, number];
  /** Share of messages that never arrive. */
  readonly loss: number;
  readonly slowness: Slowness | null;
  /** Everything that members do, for counting. */
  readonly onEffect: (member: number, effect: MembershipEffect, now: number) => void;
}

interface PumpedMember {
  readonly machine: MembershipMachine;
  readonly isSlow: boolean;
  pausedUntil: number;
  /** Since when timers and messages have been waiting. */
  pausedAt: number;
  heldTimers: MembershipEvent[];
  heldMessages: MembershipEvent[];
  isRunning: boolean;
}

/**
 * Shipping membership machines in virtual time, every pair linked, knowing each other from the start. A paused process
 * resumes as Node does: timers that fell due first, then what waits on its sockets.
 */
export class MemberPump {
  readonly #options: PumpOptions;
  readonly #queue = new EventQueue();
  readonly #members: PumpedMember[] = [];
  readonly #ids: readonly ReplicaId[];
  readonly #indexes: ReadonlyMap<ReplicaId, number>;
  #now = 0;
  messages = 0;

  constructor(options: PumpOptions) {
    const { members, config, random, slowness } = options;
    this.#options = options;
    this.#ids = Array.from({ length: members }, (_, index) => memberId(index));
    this.#indexes = new Map(this.#ids.map((id, index) => [id, index]));
    const slow = Math.round(members * (slowness?.share ?? 0));
    for (const [index, replicaId] of this.#ids.entries()) {
      const machine = createMembershipMachine({
        config,
        random: random.fork(`member ${index}`),
        replicaId,
        incarnation: 1,
        session: index,
        description: { addresses: [`ws://${index}`], region: '', capabilities: [] },
        seeds: [],
      });
      this.#members.push({
        machine,
        isSlow: index < slow,
        pausedUntil: 0,
        pausedAt: 0,
        heldTimers: [],
        heldMessages: [],
        isRunning: true,
      });
    }
    this.#introduce();
  }

  get now(): number {
    return this.#now;
  }

  id(member: number): ReplicaId {
    return this.#ids[member] ?? memberId(member);
  }

  indexOf(id: ReplicaId): number {
    return this.#indexes.get(id) ?? -1;
  }

  machine(member: number): MembershipMachine {
    return this.#member(member).machine;
  }

  isSlow(member: number): boolean {
    return this.#member(member).isSlow;
  }

  isRunning(member: number): boolean {
    return this.#member(member).isRunning;
  }

  runUntil(time: number, isDone: () => boolean = () => false): void {
    for (let next = this.#queue.peek(); next !== undefined && next.at <= time; next = this.#queue.peek()) {
      this.#queue.pop();
      this.#now = next.at;
      next.run?.();
      if (isDone()) return;
    }
    this.#now = Math.max(this.#now, time);
  }

  /** `closed`: its sockets close, as when a process dies; else nothing tells, as when power fails. */
  crash(member: number, isClosed: boolean): void {
    this.#member(member).isRunning = false;
    if (!isClosed) return;
    for (const other of this.#members.keys()) {
      const event: MembershipEvent = { type: 'linkDown', peer: this.id(member), isDeliberate: false };
      if (other !== member) this.#later(this.#latency(), () => this.#receive(other, event));
    }
  }

  #introduce(): void {
    const { random, slowness } = this.#options;
    const claims = this.#members.flatMap(({ machine }) => machine.claims());
    for (const index of this.#members.keys()) {
      const from = this.id((index + 1) % this.#members.length);
      this.#handle(index, {
        type: 'message',
        from,
        message: { type: 'exchange', parts: [], claims, reply: false },
      });
      for (const peer of this.#ids)
        if (peer !== this.id(index)) this.#handle(index, { type: 'linkUp', peer });
    }
    for (const [index, member] of this.#members.entries()) {
      this.#handle(index, { type: 'start', remembered: [] });
      if (!member.isSlow || slowness === null) continue;
      const pauses = random.fork(`pauses ${index}`);
      this.#schedulePause(index, pauses, slowness);
    }
  }

  #schedulePause(member: number, random: Random, slowness: Slowness): void {
    this.#later(-Math.log(1 - random.next()) * slowness.runMs, () => {
      const pauseMs = slowness.pauseMs * (0.5 + random.next());
      const slow = this.#member(member);
      slow.pausedAt = this.#now;
      slow.pausedUntil = this.#now + pauseMs;
      this.#later(pauseMs, () => {
        this.#resume(member);
        this.#schedulePause(member, random, slowness);
      });
    });
  }

  #resume(member: number): void {
    const resumed = this.#member(member);
    if (!resumed.isRunning) return;
    const lagMs = this.#now - resumed.pausedAt;
    const held = [...resumed.heldTimers, { type: 'lag', lagMs } as const, ...resumed.heldMessages];
    resumed.heldTimers = [];
    resumed.heldMessages = [];
    for (const event of held) this.#handle(member, event);
  }

  #receive(member: number, event: MembershipEvent): void {
    const receiver = this.#member(member);
    if (!receiver.isRunning) return;
    if (this.#now >= receiver.pausedUntil) this.#handle(member, event);
    else if (event.type === 'timer') receiver.heldTimers.push(event);
    else receiver.heldMessages.push(event);
  }

  #handle(member: number, event: MembershipEvent): void {
    for (const effect of this.#member(member).machine.handle(event, this.#now)) this.#apply(member, effect);
  }

  #apply(member: number, effect: MembershipEffect): void {
    this.#options.onEffect(member, effect, this.#now);
    if (effect.type === 'wake') {
      const event = { type: 'timer', timer: effect.timer } as const;
      this.#later(effect.afterMs, () => this.#receive(member, event));
    } else if (effect.type === 'send') {
      this.messages++;
      if (this.#options.random.chance(this.#options.loss)) return;
      const event = { type: 'message', from: this.id(member), message: effect.message } as const;
      const to = this.indexOf(effect.to);
      this.#later(this.#latency(), () => this.#receive(to, event));
    }
  }

  #latency(): number {
    const [least, most] = this.#options.latencyMs;
    return least + (most - least) * this.#options.random.next();
  }

  #later(afterMs: number, run: () => void): void {
    this.#queue.push(this.#now + afterMs, run);
  }

  #member(member: number): PumpedMember {
    const found = this.#members[member];
    if (found === undefined) throw new Error(`no member ${member}`);
    return found;
  }
}

function memberId(index: number): ReplicaId {
  const id = (index + 1).toString(16).padStart(32, '0');
  if (!isReplicaId(id)) throw new Error(`not a replica id: ${id}`);
  return id;
}
