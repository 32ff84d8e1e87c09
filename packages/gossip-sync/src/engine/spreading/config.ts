import { defaultsOf, type Settings } from '../settings.ts';

/** What rumours need beyond their machine; see {@link spreadingSettings}. */
export interface SpreadingConfig {
  readonly maxPayloadBytes: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const spreadingSettings: Settings<SpreadingConfig> = {
  maxPayloadBytes: {
    default: 16_777_216,
    unit: 'bytes',
    formula: 'changes kept in memory while they spread; the oldest go first, and the rest is left to repair',
    tradeOff: 'memory against changes that stop spreading under load',
    origin: 'as the mail that is kept for an absent peer',
  },
};

export const defaultSpreadingConfig: SpreadingConfig = defaultsOf(spreadingSettings);
