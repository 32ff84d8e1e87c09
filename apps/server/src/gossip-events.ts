import type { Clock } from '@hearsay/core';
import { closeCodes, isPermanent, type NodeEvent } from '@hearsay/gossip-sync';
import { ClockSkews } from './clock-skews.ts';
import type { Alarm, GossipStatus, Refusal } from './gossip-status.ts';

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
  readonly #counts: Record<string, number> = {};
  readonly #self: string;
  readonly #clock: Clock;
  readonly #skews: ClockSkews;

  constructor(self: string, clock: Clock) {
    this.#self = self;
    this.#clock = clock;
    this.#skews = new ClockSkews(clock);
  }

  /** For the status. */
  told(): Pick<GossipStatus, 'refusals' | 'alarms' | 'alarmCounts' | 'clockSkews'> {
    const { refusals, alarms } = this;
    return { refusals, alarms, alarmCounts: this.#counts, clockSkews: this.#skews.recent() };
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
      at: this.#timestamp(),
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
    this.#counts[alarm.code] = (this.#counts[alarm.code] ?? 0) + 1;
    if (this.alarms.length > kept) this.alarms.shift();
    return alarm;
  }

  #refused(event: Refused): void {
    const { address, code, reason } = event;
    const { peer, twins } = event.type === 'linkRefused' ? event : { peer: null, twins: undefined };
    const refusal = { at: this.#timestamp(), address, peer, code: codeName(code), closeCode: code, reason };
    this.refusals.push({ ...refusal, ...(twins && { twins }) });
    if (this.refusals.length > kept) this.refusals.shift();
  }

  /** Not for each: what it is refused comes again with every repair. */
  #skewOf({ peer, error }: Extract<NodeEvent, { readonly type: 'changeRefused' }>, at: string): Alarm | null {
    if (error.code !== 'STAMP_IN_FUTURE' || !this.#skews.saw(peer, error.aheadMs)) return null;
    return {
      at,
      code: 'CLOCK_SKEW',
      replicaId: peer,
      message:
        `the clock of replica ${peer} is ${inMinutes(error.aheadMs)} ahead of the one here, or was when it stamped a deletion. That is ` +
        'not taken before the clock here has come so far: until then the document is deleted there and goes on here. Set the clocks right.',
    };
  }

  /** Both know the secret, and cannot link. */
  #apartOf({ peer, reason }: Extract<NodeEvent, { readonly type: 'linkRefused' }>, at: string): Alarm | null {
    if (peer === null || !this.#skews.isDue(peer)) return null;
    const message = `replica ${peer} is not let in: ${reason}. Set the clocks right.`;
    return { at, code: 'CLOCK_SKEW', replicaId: peer, message };
  }

  #timestamp(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #alarmOf(event: NodeEvent): Alarm | null {
    const at = this.#timestamp();
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
    if (event.type === 'linkRefused' && event.code === closeCodes.clockSkew) return this.#apartOf(event, at);
    if (event.type !== 'duplicateReplica') return null;
    const { replicaId, addresses } = event;
    const whose = replicaId === this.#self ? 'of this node' : replicaId;
    return {
      at,
      code: 'DUPLICATE_REPLICA',
      replicaId,
      message:
        `two processes run with the replica id ${whose}, at ${addresses.join(' and ') || 'unknown addresses'}: a data directory, or a machine while it ran, was copied. ` +
        'Stop one of them and make it a new replica with `hearsay rebuild-from-peers`.',
    };
  }
}

function inMinutes(ms: number): string {
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
