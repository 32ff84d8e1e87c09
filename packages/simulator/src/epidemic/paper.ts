import { defaultRumourConfig, type RumourConfig } from '@hearsay/gossip-sync';

/**
 * Demers' model: one partner a cycle, drawn afresh among all others and told without regard to what it is known to
 * have; payloads always sent; cycles driven from outside. A table's row changes direction, stop rule or k.
 */
export const paperRumour: RumourConfig = {
  ...defaultRumourConfig,
  direction: 'push',
  stopRule: 'feedback',
  stopMethod: 'counter',
  k: 1,
  minimisation: false,
  fanOut: 1,
  connectionLimit: null,
  huntLimit: 0,
  rememberHolders: 0,
  announceAboveBytes: Number.POSITIVE_INFINITY,
  announceCooling: false,
  intervalMs: null,
};

/**
 * Anti-entropy is a rumour that never cools: every site exchanges with one partner a cycle, for ever. Payloads are
 * announced, so only what is missing is sent.
 */
export const paperAntiEntropy: RumourConfig = {
  ...paperRumour,
  direction: 'push-pull',
  k: Number.POSITIVE_INFINITY,
  announceAboveBytes: 0,
};
