import { defaultsOf, type Settings } from '../settings.ts';

/** The shape of the overlay; see {@link viewsSettings}. */
export interface ViewsConfig {
  readonly minActive: number;
  readonly activeSlack: number;
  readonly passiveFactor: number;
  readonly joinHops: number;
  readonly joinPassiveHops: number;
  readonly shuffleHops: number;
  readonly shuffleActive: number;
  readonly shufflePassive: number;
  readonly shuffleIntervalMs: number;
  readonly neighbourTimeoutMs: number;
  readonly repairIntervalMs: number;
  readonly repairIntervalMaxMs: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const viewsSettings: Settings<ViewsConfig> = {
  minActive: {
    default: 5,
    unit: 'peers',
    formula: 'active view: max(minActive, ceil(log10 n) + 1)',
    tradeOff: 'larger: survives more failures at once, costs links and duplicates',
    origin: 'HyParView (Leitão et al. 2007): log10 n + 1 = 5 at 10,000 nodes',
  },
  activeSlack: {
    default: 1,
    min: 0,
    unit: 'peers',
    formula: 'requests are accepted up to the active view and so many more',
    tradeOff:
      'larger: lonely nodes find a place sooner, degrees vary more; 0 lets the last nodes search in vain',
    origin: 'gossipsub keeps its degree between 4 and 12 around 6',
  },
  passiveFactor: {
    default: 6,
    unit: 'factor',
    formula: 'passive view: passiveFactor * active view',
    tradeOff: 'larger: repair finds somebody alive after worse failures; more memory and staler entries',
    origin: 'HyParView: 30 beside 5',
  },
  joinHops: {
    default: 6,
    unit: 'hops',
    formula: 'length of the walk on which a joiner is taken in',
    tradeOff: 'longer: joiners land farther from their contact',
    origin: 'HyParView, ARWL',
  },
  joinPassiveHops: {
    default: 3,
    unit: 'hops',
    formula: 'hops left when the joiner is put into a passive view on the way',
    tradeOff: 'between 1 and joinHops',
    origin: 'HyParView, PRWL',
  },
  shuffleHops: {
    default: 6,
    unit: 'hops',
    formula: 'length of the walk of a shuffle',
    tradeOff: 'longer: mixes farther, costs a message a hop each way',
    origin: 'HyParView',
  },
  shuffleActive: {
    default: 3,
    unit: 'peers',
    formula: 'of the active view in a shuffle',
    tradeOff: 'more: passive views hold more that are known to live',
    origin: 'HyParView, k_a',
  },
  shufflePassive: {
    default: 4,
    unit: 'peers',
    formula: 'of the passive view in a shuffle',
    tradeOff: 'more: faster mixing of what may be stale',
    origin: 'HyParView, k_p',
  },
  shuffleIntervalMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'between two shuffles of a node, give or take a quarter',
    tradeOff: 'longer: fewer messages, staler passive views',
    origin: 'between Partisan (10 s) and iroh-gossip (60 s)',
  },
  neighbourTimeoutMs: {
    default: 5000,
    unit: 'milliseconds',
    formula: 'to open a link and have the request answered',
    tradeOff: 'longer: slower repair past dead peers',
    origin: 'the handshake of a link over a WAN takes up to a second or two',
  },
  repairIntervalMs: {
    default: 2000,
    unit: 'milliseconds',
    formula: 'until the next attempt when the passive view gave nobody, doubled each time',
    tradeOff: 'shorter: sooner whole, more vain requests',
    origin: 'Partisan promotes every 5 s',
  },
  repairIntervalMaxMs: {
    default: 60_000,
    unit: 'milliseconds',
    formula: 'longest pause between attempts',
    tradeOff: 'longer: quieter where there are too few nodes',
    origin: 'custom',
  },
};

export const defaultViewsConfig: ViewsConfig = defaultsOf(viewsSettings);

/** The active view wanted in a cluster of so many. */
export function activeViewSize({ minActive }: ViewsConfig, members: number): number {
  return Math.max(minActive, Math.ceil(Math.log10(Math.max(1, members))) + 1);
}
