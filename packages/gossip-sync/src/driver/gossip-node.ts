import type { ReplicaId } from '@hearsay/core';
import { engineConfig } from '../engine/config.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { EngineEffect, EngineEvent, EngineMessage } from '../engine/events.ts';
import type { PresenceState } from '../engine/presence/messages.ts';
import type { EngineSummary } from '../engine/status.ts';
import { closeCodes } from '../wire/close-codes.ts';
import { decodeFrame, encodeFrame } from '../wire/frame.ts';
import { oldestProtocolVersion, protocolVersion } from '../wire/protocol-version.ts';
import { type CommittedChange, toOutboxEntries } from './committed-change.ts';
import { InFlight } from './in-flight.ts';
import { Intake } from './intake.ts';
import { laneOf } from './lane.ts';
import type { LinksListener } from './link.ts';
import { Links } from './links.ts';
import type { GossipNodeDeps } from './node-deps.ts';
import type { NodeEvent } from './node-events.ts';
import { type NodeStatus, nodeStatus } from './node-status.ts';
import { performRequest } from './perform-request.ts';
import { contactsRecord, decodeContacts, decodeMembers, membersRecord } from './remembered.ts';

/** A running node: the engine, with everything done that it decides. */
export interface GossipNode {
  start(): Promise<void>;
  /** Writes what is to be written, closes all links, and does nothing more. `leave`: tells the cluster first. */
  stop(options?: { readonly leave?: boolean }): Promise<void>;
  /** To be called with every batch that the store has committed, before anybody else can see it. */
  committed(changes: readonly CommittedChange[]): void;
  /** Of clients connected here. */
  presence(states: readonly PresenceState[]): void;
  /** Starts an anti-entropy session now, with one peer or with all that are linked. */
  repairNow(peer?: ReplicaId): void;
  /** Peers that have synced the own change of this outbox sequence to disk. */
  durableOn(sequence: number): readonly ReplicaId[];
  /** Peers that have synced everything to disk that was committed here up to this outbox sequence. */
  holdersOfAll(sequence: number): readonly ReplicaId[];
  status(): NodeStatus;
  /** Of {@link status} what costs the same however many peers there are. */
  summary(): EngineSummary;
  /** Resolves when nothing is under way but timers and what is on the network. */
  idle(): Promise<void>;
  onEvent(listener: (event: NodeEvent) => void): () => void;
}

export function createGossipNode(deps: GossipNodeDeps): GossipNode {
  return new Driver(deps);
}

class Driver implements GossipNode, LinksListener {
  readonly #deps: GossipNodeDeps;
  readonly #engine: Engine;
  readonly #links: Links;
  readonly #inFlight = new InFlight();
  readonly #wakes = new Set<() => void>();
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #intakes = new Map<ReplicaId, Intake>();
  readonly #queue: Caused[] = [];
  /** For whom what is being handled is done. */
  #cause: Intake | null = null;
  /** A message that goes to many peers is encoded once. */
  readonly #frames = new WeakMap<object, Uint8Array>();
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #isFeeding = false;
  #onLeft: () => void = () => {};

  constructor(deps: GossipNodeDeps) {
    this.#deps = deps;
    const { replica, options, random } = deps;
    const { identity } = replica;
    const { cluster, replicaId, incarnation } = identity;
    const { addresses = [], region = '', capabilities = [] } = options;
    const session = deps.session ?? random.fork('session').below(2 ** 32);
    this.#engine = createEngine({
      config: engineConfig(options),
      random: random.fork('engine'),
      identity,
      session,
      description: { addresses, region, capabilities },
    });
    this.#links = new Links({
      hello: {
        type: 'hello',
        version: protocolVersion,
        oldestVersion: oldestProtocolVersion,
        cluster,
        replicaId,
        incarnation,
        session,
        addresses,
        region,
        capabilities,
      },
      transport: deps.transport,
      authenticator: deps.authenticator,
      timers: deps.timers,
      random: random.fork('links'),
      handshakeMs: options.handshakeMs ?? 5000,
      inFlight: this.#inFlight,
      listener: this,
      now: () => deps.clock.monotonic(),
      knownIncarnation: (peer) => this.#engine.knownIncarnation(peer),
    });
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error(`a node that is ${this.#state} cannot be started`);
    const { replica, transport } = this.#deps;
    const [contacts, members, outboxHead] = await Promise.all([
      replica.readState(contactsRecord),
      replica.readState(membersRecord),
      replica.outboxHead(),
    ]);
    this.#state = 'running';
    transport.listen(this.#links);
    this.#feed({
      type: 'started',
      remembered: decodeContacts(contacts),
      members: decodeMembers(members),
      outboxHead,
    });
  }

  async stop({ leave = false }: { readonly leave?: boolean } = {}): Promise<void> {
    if (this.#state === 'running') {
      const left = new Promise<void>((resolve) => {
        this.#onLeft = resolve;
        this.#wakes.add(this.#deps.timers.set(maxLeaveMs, resolve));
      });
      this.#feed({ type: 'stopping', leave });
      if (leave) await left;
      this.#state = 'stopping';
      await this.#inFlight.idle();
    }
    this.#end(closeCodes.goingAway, leave ? 'the node leaves' : 'the node stops');
  }

  committed(changes: readonly CommittedChange[]): void {
    this.#feed({ type: 'committed', entries: toOutboxEntries(changes) });
  }

  presence(states: readonly PresenceState[]): void {
    this.#feed({ type: 'presence', states });
  }

  repairNow(peer?: ReplicaId): void {
    this.#feed({ type: 'repairNow', peer: peer ?? null });
  }

  durableOn(sequence: number): readonly ReplicaId[] {
    return this.#engine.durableOn(sequence);
  }

  holdersOfAll(sequence: number): readonly ReplicaId[] {
    return this.#engine.holdersOfAll(sequence);
  }

  status(): NodeStatus {
    return nodeStatus(this.#deps.replica.identity, this.#state, this.#engine.status(), (peer) =>
      this.#links.status(peer),
    );
  }

  summary(): EngineSummary {
    return this.#engine.summary();
  }

  idle(): Promise<void> {
    return this.#inFlight.idle();
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  linkUp(...[hello, direction, address]: Parameters<LinksListener['linkUp']>): void {
    const peer = hello.replicaId;
    this.#intakes.set(peer, this.#intakeOf(peer));
    this.#tell({ type: 'peerLinked', peer, direction, address });
    this.#feed({ type: 'linkUp', peer: hello, direction, address });
  }

  linkDown(...[peer, code, reason]: Parameters<LinksListener['linkDown']>): void {
    const intake = this.#intakes.get(peer);
    this.#intakes.delete(peer);
    intake?.end();
    this.#tell({ type: 'peerUnlinked', peer, code, reason });
    this.#feed({ type: 'linkDown', peer, code });
  }

  dialEnded(...[address, code, reason, peer]: Parameters<LinksListener['dialEnded']>): void {
    const isTold = peer !== null || code === closeCodes.self;
    if (!isTold) this.#tell({ type: 'dialFailed', address, code, reason });
    this.#feed({ type: 'dialEnded', address, code, peer });
  }

  congested(peer: ReplicaId): void {
    this.#feed({ type: 'congested', peer });
  }

  drained(peer: ReplicaId): void {
    this.#feed({ type: 'drained', peer });
  }

  arrived(peer: ReplicaId): void {
    this.#feed({ type: 'heard', peer, isBulk: false });
  }

  cloned(): void {
    const { replica, options } = this.#deps;
    const { replicaId, incarnation } = replica.identity;
    this.#tell({ type: 'duplicateReplica', replicaId, incarnation, addresses: options.addresses ?? [] });
  }

  refused(
    ...[{ direction, address }, peer, code, reason, twins]: Parameters<LinksListener['refused']>
  ): void {
    this.#tell({ type: 'linkRefused', peer, direction, address, code, reason, ...(twins && { twins }) });
  }

  frame(peer: ReplicaId, frame: Uint8Array): void {
    this.#intakes.get(peer)?.spend(() => this.#take(peer, frame, true));
  }

  #take(peer: ReplicaId, frame: Uint8Array, mayBePart: boolean): void {
    const decoded = decodeFrame(frame);
    if (!decoded.ok) {
      const isDamaged = decoded.error.code === 'FRAME_DAMAGED';
      const code = isDamaged ? closeCodes.damagedMessage : closeCodes.invalidMessage;
      this.#links.close(peer, code, decoded.error.message);
    } else if (decoded.value?.channel === 'handshake') {
      this.#links.close(peer, closeCodes.invalidMessage, 'the handshake is over');
    } else if (decoded.value?.channel === 'parts' && !mayBePart) {
      this.#links.close(peer, closeCodes.invalidMessage, 'a part of a part');
    } else if (decoded.value?.channel === 'parts') {
      const part = decoded.value.message;
      this.#feed({ type: 'heard', peer, isBulk: part.lane === 'bulk' });
      const whole = this.#links.join(peer, part);
      if (whole !== null) this.#take(peer, whole, false);
    } else if (
      decoded.value !== null &&
      this.#intakes.get(peer)?.put(decoded.value, frame.byteLength) === false
    ) {
      this.#links.close(peer, closeCodes.flooding, 'more than can be worked off');
    }
  }

  #intakeOf(peer: ReplicaId): Intake {
    const { clock, timers } = this.#deps;
    const intake: Intake = new Intake({
      clock,
      timers,
      handle: (message) => this.#feed({ type: 'message', from: peer, message }, intake),
      hold: () => this.#links.hold(peer),
      release: () => this.#links.release(peer),
      slowed: (why) => this.#tell({ type: 'peerSlowed', peer, why }),
    });
    return intake;
  }

  /** What a question brings about is done for the same peer. */
  #answered(event: EngineEvent, cause: Intake | null): void {
    if (cause === null) this.#feed(event);
    else cause.answered(() => this.#feed(event, cause));
  }

  /** One event after the other: what an effect brings about waits until all effects of its event are done. */
  #feed(event: EngineEvent, cause: Intake | null = null): void {
    if (this.#state !== 'running') return;
    this.#queue.push({ event, cause });
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#cause = next.cause;
        for (const effect of this.#engine.handle(next.event, this.#deps.clock.monotonic()))
          this.#perform(effect);
      }
    } finally {
      this.#cause = null;
      this.#isFeeding = false;
    }
  }

  #perform(effect: EngineEffect): void {
    switch (effect.type) {
      case 'send':
        this.#links.send(effect.to, this.#encoded(effect.message), laneOf(effect.message));
        break;
      case 'ask': {
        const { request, token } = effect;
        const cause = this.#cause;
        cause?.asked();
        this.#inFlight.run(
          () => performRequest(this.#deps.replica, request),
          (answer) => this.#answered({ type: 'answered', token, answer }, cause),
          (error) => this.#onStoreFailed(error),
        );
        break;
      }
      case 'wake':
        this.#wake(effect.afterMs, { type: 'timer', timer: effect.timer });
        break;
      case 'dial':
        this.#deps.transport.dial(effect.address);
        break;
      case 'close':
        this.#links.close(effect.peer, effect.code, effect.reason);
        break;
      case 'left':
        this.#onLeft();
        break;
      case 'present':
        this.#deps.listeners.presence?.(effect.owner, effect.states);
        break;
      case 'notice':
        this.#tell(effect.notice);
        break;
    }
  }

  #encoded(message: EngineMessage): Uint8Array {
    const known = this.#frames.get(message.message);
    if (known !== undefined) return known;
    const frame = encodeFrame(message);
    this.#frames.set(message.message, frame);
    return frame;
  }

  #wake(afterMs: number, event: EngineEvent): void {
    const { clock, timers } = this.#deps;
    const dueAt = clock.monotonic() + afterMs;
    const cancel = timers.set(afterMs, () => {
      this.#wakes.delete(cancel);
      const lagMs = clock.monotonic() - dueAt;
      if (lagMs > noticedLagMs) this.#feed({ type: 'lag', lagMs });
      this.#feed(event);
    });
    this.#wakes.add(cancel);
  }

  #onStoreFailed(error: unknown): void {
    if (this.#state === 'stopped') return;
    this.#end(closeCodes.storeFailed, 'the store failed');
    this.#tell({ type: 'storeFailed', error });
  }

  #end(code: number, reason: string): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#onLeft();
    for (const cancel of this.#wakes) cancel();
    this.#wakes.clear();
    this.#queue.length = 0;
    this.#links.closeAll(code, reason);
  }

  #tell(event: NodeEvent): void {
    this.#deps.listeners.event?.(event);
    for (const listener of this.#listeners) listener(event);
  }
}

interface Caused {
  readonly event: EngineEvent;
  readonly cause: Intake | null;
}

/** A timer this late says that the event loop was held up, not that timers are coarse. */
const noticedLagMs = 100;
/** So long a node that leaves waits for the cluster to be told. */
const maxLeaveMs = 3000;
