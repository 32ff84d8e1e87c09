import { defaultsOf, type Settings } from '../settings.ts';

/** How nodes find each other and keep their links; see {@link peersSettings}. */
export interface PeersConfig {
  /** Addresses to begin with. */
  readonly seeds: readonly string[];
  readonly dialBaseMs: number;
  readonly dialCapMs: number;
  readonly refusedCapMs: number;
  readonly courtesyMs: number;
  readonly newsDelayMs: number;
  readonly maxContacts: number;
  readonly releaseAfterMs: number;
  readonly lonelyDials: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const peersSettings: Settings<PeersConfig> = {
  seeds: {
    default: [],
    unit: 'addresses',
    formula: 'dialled at the start and whenever there is no link to the node behind one',
    tradeOff: 'one live seed is enough to join; more of them survive the loss of one',
    origin: 'configuration',
  },
  dialBaseMs: {
    default: 500,
    unit: 'milliseconds',
    formula: 'the wait before attempt i is uniform in [0, min(cap, base * 2^i)]',
    tradeOff: 'shorter: back sooner after a restart, more attempts in vain',
    origin: 'full jitter (Brooker, AWS 2015)',
  },
  dialCapMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'largest wait for an address that does not answer or says "later"',
    tradeOff: 'shorter: a peer that was long away is found sooner',
    origin: 'as Serf reconnects',
  },
  refusedCapMs: {
    default: 300_000,
    unit: 'milliseconds',
    formula: 'largest wait for an address that refused for good (wrong cluster, wrong secret, copied store)',
    tradeOff: 'shorter: a mended configuration is noticed sooner, more noise in the log of the other side',
    origin: 'guess',
  },
  courtesyMs: {
    default: 1000,
    unit: 'milliseconds',
    formula: 'of two nodes that hear of each other the one with the higher replica id waits so long',
    tradeOff: 'longer: fewer links dialled from both sides, slower when only the higher one can dial',
    origin: 'a handshake takes two round trips',
  },
  lonelyDials: {
    default: 4,
    unit: 'addresses',
    formula: 'beside partial views a node without any link has so many dials of its own accord under way',
    tradeOff: 'more: back sooner where most are gone; many nodes that start at once dial everybody',
    origin: 'one in four answering is enough',
  },
  newsDelayMs: {
    default: 100,
    unit: 'milliseconds',
    formula:
      'after a change of links peers are told once, so much later; what is learnt is written as late, for each ten contacts',
    tradeOff: 'longer: fewer messages while a cluster starts',
    origin: 'guess',
  },
  maxContacts: {
    default: 16_384,
    unit: 'nodes',
    formula: 'so many nodes are remembered, on disk too',
    tradeOff: 'memory against a flood of contacts',
    origin: 'above the largest cluster that has been simulated',
  },
  releaseAfterMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula:
      'beside a partial view, a link that was dialled from here and that nobody needs is closed after so long',
    tradeOff: 'longer: fewer links opened again for the next probe, more of them open',
    origin: 'guess',
  },
};

export const defaultPeersConfig: PeersConfig = defaultsOf(peersSettings);
