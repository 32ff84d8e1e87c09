import { randomBytes } from 'node:crypto';
import { createRandom, type ReplicaId } from '@hearsay/core';
import {
  type Admission,
  closeCodes,
  createGossipNode,
  createHostAuthenticator,
  type GossipNode,
  guestCluster,
  type Interest,
  type NodeEvent,
} from '@hearsay/gossip-sync';
import {
  type CommittedChange,
  createSelectedReplica,
  type DocumentStore,
  type Grant,
  type SelectedReplica,
  type Selections,
  SelectionTooLargeError,
} from '@hearsay/storage';
import { systemClock, systemTimers } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { GuestAccess } from './access.ts';
import type { GuestCursors } from './guest-cursors.ts';
import type { GuestPipe } from './guest-pipe.ts';

export interface GuestDeps {
  readonly cluster: string;
  readonly store: DocumentStore;
  readonly selections: Selections;
  readonly access: GuestAccess;
  readonly cursors: GuestCursors;
  readonly log: Log;
}

/** Guests ask for comparisons themselves; the node's own are for those who forget to. */
const repairIntervalMs = 600_000;

/** Of a selection that is asked for for the first time, all names are read before the guest is let in. */
const handshakeMs = 30_000;

/**
 * One guest: a gossip node of its own over the part of the store that the guest keeps, with this one link. The cluster knows
 * nothing of it; what it changes enters the cluster here, as clients' edits do.
 */
export class Guest {
  readonly #deps: GuestDeps;
  readonly #node: GossipNode;
  readonly #replica: SelectedReplica;
  readonly #pipe: GuestPipe;
  #interest: Interest | null = null;
  #token: string | null = null;
  #grant: Grant | null = null;
  #id: ReplicaId;
  #isEnded = false;

  constructor(deps: GuestDeps, pipe: GuestPipe, session: string) {
    this.#deps = deps;
    this.#pipe = pipe;
    const { replicaId, incarnation } = deps.store.identity;
    this.#id = replicaId;
    this.#replica = createSelectedReplica({
      store: deps.store,
      granted: () => this.#granted(),
      identity: { cluster: guestCluster, replicaId, incarnation },
      session,
      cursors: deps.cursors,
    });
    this.#node = createGossipNode({
      replica: this.#replica,
      transport: pipe,
      authenticator: createHostAuthenticator({
        cluster: deps.cluster,
        admit: (interest, token) => this.#admit(interest, token),
      }),
      clock: systemClock,
      timers: systemTimers,
      // Nonces are drawn from it.
      random: createRandom(randomBytes(32).toString('hex')),
      options: { among: 'guest', handshakeMs, antiEntropy: { intervalMs: repairIntervalMs } },
      listeners: { event: (event) => this.#onEvent(event) },
    });
  }

  start(): Promise<void> {
    return this.#node.start();
  }

  committed(changes: readonly CommittedChange[]): void {
    if (this.#grant === null) return;
    const theirs = this.#replica.changesFor(changes, this.#id);
    if (theirs.length > 0) this.#node.committed(theirs);
  }

  /** Asks again whether the guest may have what it has: tokens expire, and are revoked. */
  async review(): Promise<void> {
    const { access } = this.#deps;
    if (this.#interest === null || this.#grant === null) return;
    const admission = await access.admit(this.#interest, this.#token);
    // What it may is in its welcome: a change of it needs a new one.
    if (admission.isAdmitted && admission.mayWrite === this.#grant.mayWrite) return;
    const reason = admission.isAdmitted ? 'its permissions have changed' : admission.reason;
    this.#pipe.end(admission.isAdmitted ? closeCodes.givenUp : closeCodes.notPermitted, reason);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#node.stop();
    this.#release();
  }

  async #admit(interest: Interest, token: string | null): Promise<Admission> {
    try {
      return await this.#judge(interest, token);
    } catch (error) {
      this.#deps.log.error({ err: error }, 'guest not judged');
      return { isAdmitted: false, reason: 'the node cannot tell now', isTemporary: true };
    }
  }

  async #judge(interest: Interest, token: string | null): Promise<Admission> {
    const admission = await this.#deps.access.admit(interest, token);
    if (!admission.isAdmitted) return admission;
    const selection = this.#deps.selections.acquire(interest);
    if (selection === undefined) {
      return { isAdmitted: false, reason: 'too many replicas with different interests', isTemporary: true };
    }
    this.#interest = interest;
    this.#token = token;
    try {
      await selection.prepare();
    } catch (error) {
      if (!(error instanceof SelectionTooLargeError)) throw error;
      return { isAdmitted: false, reason: error.message };
    }
    if (this.#isEnded) this.#release();
    else this.#grant = { selection, mayWrite: admission.mayWrite };
    return admission;
  }

  #granted(): Grant {
    if (this.#grant === null) throw new Error('the guest has not been let in');
    return this.#grant;
  }

  #release(): void {
    if (this.#interest !== null) this.#deps.selections.release(this.#interest);
    this.#interest = null;
  }

  #onEvent(event: NodeEvent): void {
    const { log } = this.#deps;
    const { type, ...details } = event;
    switch (event.type) {
      case 'peerLinked':
        this.#id = event.peer;
        log.info({ ...details, interest: this.#interest }, 'guestLinked');
        break;
      case 'peerUnlinked':
        log.info(details, 'guestUnlinked');
        break;
      case 'linkRefused':
        log.info(details, 'guestRefused');
        break;
      case 'divergence':
        log.warn(details, type);
        break;
      case 'storeFailed':
        log.error({ err: event.error }, type);
        break;
      default:
        log.debug(details, type);
    }
  }
}
