import { defaultRumourConfig, type GossipOptions, type RumourConfig } from '@hearsay/gossip-sync';
import { paperAntiEntropy, paperRumour, type Strategy } from '@hearsay/simulator';
import { HearsayError } from '../../failures.ts';
import type { Given, Picked, StrategyName } from './settings.ts';

/** How whole nodes of a row spread updates. */
export function planStrategy(given: Given, picked: Picked, nodes: number): Strategy {
  const { strategy = 'default' } = picked;
  const repair = given.repair ?? (strategy === 'default' || strategy === 'anti-entropy');
  if (!repair && strategy === 'anti-entropy') {
    throw new HearsayError('USAGE', '--repair off leaves the strategy anti-entropy nothing to do');
  }
  const { view, repairMode, repairInterval, exponent, cycle } = picked;
  const rumour = {
    ...(strategy === 'paper-rumour' && { ...paperRumour, intervalMs: defaultRumourConfig.intervalMs }),
    ...rumourChoices(picked),
    ...(cycle !== undefined && { intervalMs: cycle }),
  };
  const options: GossipOptions = {
    rumour,
    antiEntropy: {
      ...(repairMode !== undefined && { mode: repairMode }),
      ...(repairInterval !== undefined && { intervalMs: repairInterval * 1000 }),
    },
    ...(exponent !== undefined && { partners: { exponent } }),
    ...(view !== undefined && { views: { minActive: view === 'all' ? nodes - 1 : view } }),
  };
  return { news: news[strategy], repair, options };
}

/** How the rumour machines of a row do, in cycles. */
export function planEpidemic(picked: Picked): RumourConfig {
  const { strategy = 'rumour', repairMode = 'push-pull' } = picked;
  switch (strategy) {
    case 'rumour':
      return { ...defaultRumourConfig, ...rumourChoices(picked), intervalMs: null };
    case 'paper-rumour':
      return { ...paperRumour, ...rumourChoices(picked) };
    case 'anti-entropy': {
      const { connectionLimit = null, huntLimit = 0 } = picked;
      return { ...paperAntiEntropy, direction: repairMode, connectionLimit, huntLimit };
    }
    case 'default':
    case 'mail':
      throw new HearsayError('USAGE', `the strategy ${strategy} is for whole nodes, not for --epidemic`);
  }
}

const news: Readonly<Record<StrategyName, Strategy['news']>> = {
  default: 'policy',
  mail: 'mail',
  rumour: 'rumour',
  'paper-rumour': 'rumour',
  'anti-entropy': 'none',
};

/** What was chosen of the variants of rumours. */
function rumourChoices(picked: Picked): Partial<RumourConfig> {
  const {
    direction,
    stopRule,
    stopMethod,
    k,
    fanOut,
    connectionLimit,
    huntLimit,
    minimisation,
    announceAbove,
  } = picked;
  return {
    ...(direction !== undefined && { direction }),
    ...(stopRule !== undefined && { stopRule }),
    ...(stopMethod !== undefined && { stopMethod }),
    ...(k !== undefined && { k }),
    ...(fanOut !== undefined && { fanOut }),
    ...(connectionLimit !== undefined && { connectionLimit }),
    ...(huntLimit !== undefined && { huntLimit }),
    ...(minimisation !== undefined && { minimisation }),
    ...(announceAbove !== undefined && { announceAboveBytes: announceAbove }),
  };
}
