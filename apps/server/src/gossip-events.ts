import { closeCodes, isPermanent, type NodeEvent } from '@hearsay/gossip-sync';
import type { Alarm, Refusal } from './gossip-status.ts';
import { systemClock } from './runtime/clock.ts';

type Refused = Extract<NodeEvent, { type: 'linkRefused' | 'dialFailed' }>;

/** Refused here, or by the other side for good. */
export function isRefusal(event: NodeEvent): event is Refused {
  return event.type === 'linkRefused' || (event.type === 'dialFailed' && isPermanent(event.code));
}

/** `wrongCluster` of the wire → `WRONG_CLUSTER`, as all codes for people are spelled. */
export function codeName(code: number): string {
  const name = Object.entries(closeCodes).find(([, value]) => value === code)?.[0];
  return name === undefined ? 'LINK_FAILED' : name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const kept = 20;

/** Of what happened among the peers that which people will ask about, the last few of each kind. */
export class Noted {
  readonly refusals: Refusal[] = [];
  readonly alarms: Alarm[] = [];
  readonly #self: string;
  /** Replicas whose deletions are stamped ahead, as it has been told. */
  readonly #ahead = new Set<string>();

  constructor(self: string) {
    this.#self = self;
  }

  /** Returns the alarm that the event raises. */
  take(event: NodeEvent): Alarm | null {
    if (isRefusal(event)) this.#refused(event);
    const alarm = this.#alarmOf(event);
    return alarm === null ? null : this.#raised(alarm);
  }

  /** Documents that contain something else at a peer, though their versions are equal. */
  conflict(replicaId: string, documents: readonly string[]): Alarm {
    return this.#raised({
      at: timestamp(),
      code: 'CONTENT_CONFLICT',
      replicaId,
      message:
        `of the same versions of ${documents.join(', ')} replica ${replicaId} has other contents than this one: edits were ` +
        'numbered twice, as by a client or node that went on from an old copy. Both are kept as they are. Read both over HTTP, ' +
        'and write what is right into a new document.',
    });
  }

  #raised(alarm: Alarm): Alarm {
    this.alarms.push(alarm);
    if (this.alarms.length > kept) this.alarms.shift();
    return alarm;
  }

  #refused(event: Refused): void {
    const { address, code, reason } = event;
    const peer = event.type === 'linkRefused' ? event.peer : null;
    this.refusals.push({ at: timestamp(), address, peer, code: codeName(code), closeCode: code, reason });
    if (this.refusals.length > kept) this.refusals.shift();
  }

  /** Once for each peer: what it is refused comes again with every repair. */
  #skewOf({ peer, error }: Extract<NodeEvent, { readonly type: 'changeRefused' }>, at: string): Alarm | null {
    if (error.code !== 'STAMP_IN_FUTURE' || this.#ahead.has(peer)) return null;
    this.#ahead.add(peer);
    return {
      at,
      code: 'CLOCK_SKEW',
      replicaId: peer,
      message:
        `a deletion that replica ${peer} told of is not taken yet, as its stamp is in the future here: ${error.message}. Until then the ` +
        'document is deleted there and goes on here.',
    };
  }

  #alarmOf(event: NodeEvent): Alarm | null {
    const at = timestamp();
    if (event.type === 'incarnationWentBack') {
      const { incarnation, known } = event;
      return {
        at,
        code: 'RESTORED_BACKUP',
        replicaId: this.#self,
        message:
          `this store is start ${incarnation} of a replica that the cluster knows start ${known} of: it was copied back ` +
          'from a backup. The node keeps to itself. Use `hearsay restore` or `hearsay rebuild-from-peers`, which make it a new replica.',
      };
    }
    if (event.type === 'changeRefused') return this.#skewOf(event, at);
    if (event.type !== 'duplicateReplica') return null;
    const { replicaId } = event;
    const whose = replicaId === this.#self ? 'of this node' : replicaId;
    return {
      at,
      code: 'DUPLICATE_REPLICA',
      replicaId,
      message:
        `two processes run with the replica id ${whose}: a data directory, or a machine while it ran, was copied. ` +
        'Stop one of them and make it a new replica with `hearsay rebuild-from-peers`.',
    };
  }
}

function timestamp(): string {
  return new Date(systemClock.now()).toISOString();
}
