import { direction, type HostName } from './conditions.ts';

/** Frames and bytes, as sent. */
export interface Traffic {
  frames: number;
  bytes: number;
}

/** Counts what is sent, in all and by direction. */
export class TrafficMeter {
  readonly total: Traffic = { frames: 0, bytes: 0 };
  readonly #byDirection = new Map<string, Traffic>();
  readonly #detailed: boolean;

  /** `detailed` keeps a count per pair of hosts: too much for a thousand nodes. */
  constructor(detailed: boolean) {
    this.#detailed = detailed;
  }

  count(from: HostName, to: HostName, bytes: number): void {
    this.total.frames++;
    this.total.bytes += bytes;
    if (!this.#detailed) return;
    const key = direction(from, to);
    const traffic = this.#byDirection.get(key);
    if (traffic === undefined) this.#byDirection.set(key, { frames: 1, bytes });
    else {
      traffic.frames++;
      traffic.bytes += bytes;
    }
  }

  /** Forgets what was counted so far. */
  reset(): void {
    this.total.frames = 0;
    this.total.bytes = 0;
    this.#byDirection.clear();
  }

  /** Every direction in which something was sent. */
  *directions(): Generator<readonly [from: HostName, to: HostName, traffic: Readonly<Traffic>]> {
    for (const [key, traffic] of this.#byDirection) {
      const [from = '', to = ''] = key.split('>');
      yield [from, to, traffic];
    }
  }
}
