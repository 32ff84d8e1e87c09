import { losesData } from '../faults/fault-kinds.ts';
import type { SimulationPlan } from './plan.ts';

/** To dial again at the longest back-off, and be let in. */
const redialMs = 60_000;
/** To find that nobody is at the other end of a link any more, and then to dial. */
const deadLinkMs = 120_000;
/** A peer whose handshake was spoilt seems to refuse for good, and is dialled again after five minutes. */
const refusalMs = 360_000;
/** An operator waits two minutes for damage to be mended before the node is rebuilt, and for the next damage as long again. */
const damageMs = 420_000;
const repairs = 3;

const leavesDeadLinks: ReadonlySet<string> = new Set(['halfOpen', 'powerLoss', 'lyingSync']);
const spoilsFrames: ReadonlySet<string> = new Set(['drop', 'duplicate', 'swap', 'flip', 'lie']);
/** Stamps that are further ahead are refused until they are not (F64). */
const mostAheadMs = 300_000;

/**
 * Virtual milliseconds after the last fault in which all replicas have to be equal. Of 2,000 small runs with faults of networks
 * and processes alone half were equal after 0.5 s, nine of ten after 4 s, all after 35 s.
 */
export function convergenceBoundMs({ events, clocks, gossip }: SimulationPlan): number {
  const kinds = events.flatMap((event) => (event.kind === 'fault' ? [event.fault] : []));
  const has = (some: (kind: (typeof kinds)[number]) => boolean): boolean => kinds.some(some);
  const foundMs = Math.max(
    redialMs,
    has((kind) => leavesDeadLinks.has(kind)) ? deadLinkMs : 0,
    has((kind) => spoilsFrames.has(kind)) ? refusalMs : 0,
    has(losesData) ? damageMs : 0,
  );
  const skews = clocks.map(({ skewMs }) => skewMs);
  const apartMs = Math.max(...skews) - Math.min(...skews);
  const stamped = events.some(({ kind }) => kind === 'delete');
  const stampsMs = stamped ? Math.max(0, apartMs - mostAheadMs) * 1.01 : 0;
  return Math.ceil(foundMs + stampsMs + repairs * gossip.repairIntervalMs);
}
