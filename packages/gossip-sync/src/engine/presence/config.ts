import { limits } from '@hearsay/core';
import { defaultsOf, type Settings } from '../settings.ts';

/** Cluster-wide presence; see {@link presenceSettings}. */
export interface PresenceConfig {
  readonly tickMs: number;
  readonly ttlMs: number;
  readonly maxStates: number;
  readonly maxMessageStates: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const presenceSettings: Settings<PresenceConfig> = {
  tickMs: {
    default: 50,
    unit: 'milliseconds',
    formula: 'changes are sent once in so long, the last state of each client only',
    tradeOff: 'longer: fewer messages while cursors move, cursors lag more',
    origin: '20 positions a second look like motion',
  },
  ttlMs: {
    default: 30_000,
    unit: 'milliseconds',
    formula: 'a state of a client elsewhere that is not renewed for so long is dropped',
    tradeOff: 'must be above the 15 s in which clients renew their states; shorter: ghosts vanish sooner',
    origin: 'y-protocols: outdatedTimeout',
  },
  maxStates: {
    default: 65_536,
    unit: 'states of clients on other nodes',
    formula: 'beyond, new ones are dropped and counted',
    tradeOff: 'memory: about 1 KB a state',
    origin: 'bound every peer-fed collection',
  },
  maxMessageStates: {
    default: limits.awarenessEntries / 4,
    unit: 'states in one message',
    formula: 'more go in several messages',
    tradeOff: 'larger: fewer messages',
    origin: '256 states of 4 KB are 1 MB',
  },
};

export const defaultPresenceConfig: PresenceConfig = defaultsOf(presenceSettings);
