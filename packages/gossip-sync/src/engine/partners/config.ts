import { defaultsOf, type Settings } from '../settings.ts';

/** How a node chooses whom to talk to; see {@link partnerSettings}. */
export interface PartnerConfig {
  readonly exponent: number;
  readonly uniformShare: number;
  readonly candidates: number;
  readonly resolution: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const partnerSettings: Settings<PartnerConfig> = {
  exponent: {
    default: 1.5,
    unit: 'number from 0',
    formula:
      'weight of the peer of rank i, nearest first, is i^-exponent, averaged over peers at equal distance; 0 is uniform',
    tradeOff:
      'larger: less load on far links, later arrival; 1.4 to 1.6 take about 90 % off the critical link for 1.5 times the time',
    origin: 'Demers et al. 1987 section 3 (1.2 to 2.0); measured on the stand-in network',
  },
  uniformShare: {
    default: 0.1,
    unit: 'share of picks, 0 to 1',
    formula: 'so many picks ignore distance; every peer is met after about n / share picks at the latest',
    tradeOff: 'larger: islands of near peers hear of the rest sooner, more load on far links',
    origin: 'guess; locality alone lets two close sites keep a rumour to themselves',
  },
  candidates: {
    default: 3,
    unit: 'draws',
    formula: 'of so many uniform draws the one unsynced for longest is taken',
    tradeOff:
      'larger: no peer waits long, but all nodes turn to a newcomer at once; 1 leaves the pick to chance',
    origin: 'the power of two choices (Mitzenmacher 2001); Corrosion prefers the longest unsynced',
  },
  resolution: {
    default: 0.5,
    unit: 'doublings of the round-trip time',
    formula:
      'round trips that differ by less than a factor of about 2^resolution count as equally far; 0: exact',
    tradeOff: 'larger: ranks ignore the noise of measuring, and more of real distance',
    origin: 'round trips on one path vary by tens of per cent',
  },
};

export const defaultPartnerConfig: PartnerConfig = defaultsOf(partnerSettings);
