import { isPermanent, type NodeEvent } from '@hearsay/gossip-sync';
import type { ReplicaProgress, ReplicaState } from './replica.ts';

/** What the events of the engine come to, for people. */
export class LinkState {
  #state: Exclude<ReplicaState, 'closed'> = 'offline';
  #server: string | null = null;
  #reason: string | null = null;
  #blame: string | null = null;
  #theirDocuments: number | null = null;

  get state(): ReplicaState {
    return this.#state;
  }

  get server(): string | null {
    return this.#server;
  }

  get reason(): string | null {
    return this.#reason;
  }

  progress(documents: number): ReplicaProgress | null {
    if (this.#theirDocuments === null || this.#state !== 'catching-up') return null;
    // Those that only this side has are no progress.
    return { documents: Math.min(documents, this.#theirDocuments), of: this.#theirDocuments };
  }

  dialled(server: string): void {
    this.#server = server;
    this.#blame = null;
    this.#state = 'connecting';
  }

  /** Why this side will break the handshake off. */
  blame(reason: string): void {
    this.#blame = reason;
  }

  /** True when it says something new about the link. */
  took(event: NodeEvent): boolean {
    switch (event.type) {
      case 'peerLinked':
        this.#state = 'catching-up';
        this.#reason = null;
        this.#theirDocuments = null;
        return true;
      case 'peerUnlinked':
      case 'dialFailed':
      case 'linkRefused':
        this.#state = isPermanent(event.code) ? 'refused' : 'offline';
        this.#reason = this.#blame ?? event.reason;
        return true;
      case 'repairCompared':
        this.#theirDocuments = event.theirs;
        return true;
      case 'provenEqual':
        return this.#equal();
      case 'repairEnded':
        return event.outcome === 'equal' && this.#equal();
      case 'storeFailed':
        this.#state = 'failed';
        this.#reason = event.error instanceof Error ? event.error.message : String(event.error);
        return true;
      default:
        return false;
    }
  }

  #equal(): boolean {
    if (this.#state !== 'catching-up') return false;
    this.#state = 'live';
    return true;
  }
}
