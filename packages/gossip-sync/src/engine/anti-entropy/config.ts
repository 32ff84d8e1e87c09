import type { ExchangeMode } from '../documents/messages.ts';
import { defaultsOf, type Settings } from '../settings.ts';

/** Anti-entropy; see {@link repairSettings}. */
export interface RepairConfig {
  readonly intervalMs: number;
  readonly jitter: number;
  readonly mode: ExchangeMode;
  readonly maxSessions: number;
  readonly retryMs: number;
  readonly mailWaitMs: number;
  readonly idleTimeoutMs: number;
  readonly sessionMs: number;
  readonly maxRounds: number;
  readonly pageEntries: number;
  readonly maxRecentEntries: number;
  readonly walkPaths: number;
  readonly walkBytes: number;
  readonly maxPending: number;
  readonly unprovenWalkMs: number;
  readonly divergenceAfter: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const repairSettings: Settings<RepairConfig> = {
  intervalMs: {
    default: 10_000,
    unit: 'milliseconds',
    formula:
      'every node starts an exchange with one peer in so long; n nodes are equal about log2(n) intervals after mail lost something',
    tradeOff: 'shorter: less time with a hole; an idle exchange costs about 100 bytes and two reads',
    origin: 'Partisan and Corrosion: 10 s',
  },
  jitter: {
    default: 0.5,
    unit: 'share of the interval',
    formula: 'each interval is drawn from [1 - jitter/2, 1 + jitter/2]',
    tradeOff: 'keeps nodes from marching in step',
    origin: 'custom',
  },
  mode: {
    default: 'push-pull',
    values: ['push', 'pull', 'push-pull'],
    unit: 'push, pull or push-pull',
    formula: 'which way documents go, as seen from the one who starts',
    tradeOff: 'only push-pull makes both equal, and only it can notice that they never become so',
    origin: 'Demers et al. 1987; a one-way full sync can fail to converge (ringpop-common#40)',
  },
  maxSessions: {
    default: 2,
    unit: 'sessions started here at a time',
    formula: 'peers beyond wait for their turn',
    tradeOff:
      'larger: a node that was away fetches from more peers at once, and learns the same things twice',
    origin: 'guess',
  },
  retryMs: {
    default: 250,
    unit: 'milliseconds',
    formula: 'a session that cannot start now (peer busy, mail still coming) is tried again so much later',
    tradeOff: 'shorter: repair starts sooner after mail, more small messages',
    origin: 'guess',
  },
  mailWaitMs: {
    default: 30_000,
    unit: 'milliseconds after a link came up',
    formula: 'so long repair waits for mail that was left from before: it would send the same things twice',
    tradeOff: 'longer: fewer bytes after a partition, later repair when a peer does not take its mail',
    origin: 'the outbox is bounded: 16 MB take so long at 4 Mbit/s',
  },
  idleTimeoutMs: {
    default: 35_000,
    unit: 'milliseconds',
    formula: 'a session in which nothing happens for so long is given up',
    tradeOff: 'shorter: a stuck peer blocks its place for less time',
    origin: 'a little above the timeout of a batch of documents',
  },
  sessionMs: {
    default: 120_000,
    unit: 'milliseconds',
    formula: 'a session that takes longer ends and goes on in a new one; cursors keep what is done',
    tradeOff: 'longer: fewer restarts of a walk, other peers wait longer',
    origin: 'guess',
  },
  maxRounds: {
    default: 3,
    unit: 'comparisons in a session',
    formula: 'after so many the rest of what is written meanwhile is left to the next session',
    tradeOff: 'larger: proof of equality under more writes',
    origin: 'one to find, one for what was found, one for what came meanwhile',
  },
  pageEntries: {
    default: 512,
    unit: 'documents',
    formula: 'entries of the change feed in one message, 32 bytes each',
    tradeOff: 'larger: fewer round trips, longer turns',
    origin: 'the limit of peer messages',
  },
  maxRecentEntries: {
    default: 65_536,
    unit: 'documents',
    formula:
      'a peer that is more changes behind than this is walked, unless it lacks so many documents that a walk costs more',
    tradeOff:
      'rung 1 costs 32 bytes a change whether known or not, a walk about 1 KB a difference and can not be resumed',
    origin: '2 MB of digests',
  },
  walkPaths: {
    default: 128,
    unit: 'nodes of the index',
    formula: 'asked in one message; each answer may hold its sixteen children',
    tradeOff: 'larger: fewer round trips in a walk, longer turns',
    origin: 'guess',
  },
  walkBytes: {
    default: 131_072,
    unit: 'bytes',
    formula: 'one answer of a walk; what does not fit is asked again',
    tradeOff: 'larger: fewer round trips, longer blocking of thin links',
    origin: 'half of a batch of documents',
  },
  maxPending: {
    default: 1024,
    unit: 'documents',
    formula: 'a walk waits while so many of its finds are being exchanged',
    tradeOff: 'memory against waiting',
    origin: 'two pages',
  },
  unprovenWalkMs: {
    default: 600_000,
    unit: 'milliseconds',
    formula:
      'under writes that never pause roots never agree: after so long without a proof a walk is made anyway',
    tradeOff: 'shorter: a hidden difference is found sooner; each walk costs about 1 KB a write in flight',
    origin: 'guess',
  },
  divergenceAfter: {
    default: 3,
    unit: 'sessions in a row',
    formula:
      'so many that end with different roots and nothing to exchange raise an alarm, and walks become rare',
    tradeOff: 'smaller: sooner alarm, more of them for damage that heals by itself',
    origin: 'the design',
  },
};

export const defaultRepairConfig: RepairConfig = defaultsOf(repairSettings);
