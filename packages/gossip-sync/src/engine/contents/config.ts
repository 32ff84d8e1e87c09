import { defaultsOf, type Settings } from '../settings.ts';

/** How documents whose versions are equal are compared by content; see {@link contentsSettings}. */
export interface ContentsConfig {
  readonly intervalMs: number;
  readonly documents: number;
  readonly maxConflicts: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const contentsSettings: Settings<ContentsConfig> = {
  intervalMs: {
    default: 60_000,
    min: 0,
    unit: 'milliseconds; 0 for never',
    formula:
      'once in so long, halved or half more at random, a linked peer is told what the next documents contain: all n are compared in n / documents * interval',
    tradeOff: 'shorter: two contents of one version are found sooner, more documents read and built',
    origin: 'a million documents in six weeks, a thousand in an hour',
  },
  documents: {
    default: 16,
    unit: 'documents told at once',
    formula: 'each is read and built once here and once at the peer',
    tradeOff: 'as a shorter interval, in larger pieces',
    origin: 'guess',
  },
  maxConflicts: {
    default: 1000,
    unit: 'documents and peers',
    formula: 'conflicts that are known already are not told again; of more the oldest are',
    tradeOff: 'memory',
    origin: 'guess',
  },
};

export const defaultContentsConfig: ContentsConfig = defaultsOf(contentsSettings);
