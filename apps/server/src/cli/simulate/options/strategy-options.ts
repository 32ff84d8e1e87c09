import { partnerSettings, repairSettings, rumourSettings } from '@hearsay/gossip-sync';
import { decimal, oneOf, onOrOff, sweep, wholeNumber } from '../values.ts';
import { type OptionTable, option, spreadModes } from './option.ts';

/** How updates spread. */
export const strategyOptions: Pick<
  OptionTable,
  | 'strategy'
  | 'direction'
  | 'stopRule'
  | 'stopMethod'
  | 'k'
  | 'fanOut'
  | 'connectionLimit'
  | 'huntLimit'
  | 'minimisation'
  | 'cycle'
  | 'announceAbove'
  | 'view'
  | 'repair'
  | 'repairMode'
  | 'repairInterval'
  | 'exponent'
> = {
  strategy: option(
    '--strategy <name,…>',
    'default (mail up to 30 other nodes, rumours above, repair beside both), mail, rumour, paper-rumour (as Demers ' +
      'et al.), anti-entropy',
    'default; with --epidemic rumour',
    spreadModes,
    sweep(oneOf('default', 'mail', 'rumour', 'paper-rumour', 'anti-entropy')),
  ),
  direction: option(
    '--direction <way,…>',
    'rumours go by push, pull or push-pull',
    shipped(rumourSettings.direction.default, 'push'),
    spreadModes,
    sweep(oneOf('push', 'pull', 'push-pull')),
  ),
  stopRule: option(
    '--stop-rule <rule,…>',
    'what makes a node lose interest: useless contacts (feedback) or all (blind)',
    rumourSettings.stopRule.default,
    spreadModes,
    sweep(oneOf('feedback', 'blind')),
  ),
  stopMethod: option(
    '--stop-method <method,…>',
    'after k of them (counter) or after each with probability 1/k (coin)',
    rumourSettings.stopMethod.default,
    spreadModes,
    sweep(oneOf('counter', 'coin')),
  ),
  k: option(
    '--k <contacts,…>',
    'of the stop rule, contacts',
    shipped(rumourSettings.k.default, 1),
    spreadModes,
    sweep(wholeNumber(1, 1000)),
  ),
  fanOut: option(
    '--fan-out <count,…>',
    'conversations a node begins in a cycle',
    shipped(rumourSettings.fanOut.default, 1),
    spreadModes,
    sweep(wholeNumber(1, 100)),
  ),
  connectionLimit: option(
    '--connection-limit <count,…>',
    'conversations a node accepts in a cycle; none for no limit',
    'none',
    spreadModes,
    sweep((text) => (text === 'none' ? null : wholeNumber(1, 1000)(text))),
  ),
  huntLimit: option(
    '--hunt-limit <count,…>',
    'other partners a refused caller tries',
    String(rumourSettings.huntLimit.default),
    spreadModes,
    sweep(wholeNumber(0, 1000)),
  ),
  minimisation: option(
    '--minimisation <on|off,…>',
    'push-pull: of two spreaders only the smaller counter moves',
    shipped('on', 'off'),
    spreadModes,
    sweep(onOrOff),
  ),
  cycle: option(
    '--cycle <ms,…>',
    'length of a rumour cycle, ms',
    String(rumourSettings.intervalMs.default),
    ['nodes'],
    sweep(wholeNumber(1, 600_000)),
  ),
  announceAbove: option(
    '--announce-above <bytes,…>',
    'larger payloads are announced and asked for, bytes',
    shipped(rumourSettings.announceAboveBytes.default, 'never'),
    ['nodes'],
    sweep(wholeNumber(0, Number.POSITIVE_INFINITY)),
  ),
  view: option(
    '--view <peers|all,…>',
    'active view: peers a node gossips with',
    'as shipped: 5 up to 10,000 nodes; with --epidemic all, with --broadcast 6',
    ['nodes', 'epidemic', 'broadcast'],
    sweep((text) => (text === 'all' ? 'all' : wholeNumber(1, 1000)(text))),
  ),
  repair: option(
    '--repair <on|off>',
    'whether anti-entropy runs beside mail or rumours',
    'on with the strategies default and anti-entropy, else off',
    ['nodes'],
    onOrOff,
  ),
  repairMode: option(
    '--repair-mode <way,…>',
    'anti-entropy by push, pull or push-pull',
    repairSettings.mode.default,
    spreadModes,
    sweep(oneOf('push', 'pull', 'push-pull')),
  ),
  repairInterval: option(
    '--repair-interval <s,…>',
    'between two exchanges that a node begins, s',
    String(repairSettings.intervalMs.default / 1000),
    ['nodes'],
    sweep(decimal(0.1, 86_400)),
  ),
  exponent: option(
    '--exponent <a,…>',
    'partners of anti-entropy (with --epidemic of rumours too) by rank^-a of their distance; 0: uniform',
    `${partnerSettings.exponent.default}; with --epidemic 0`,
    spreadModes,
    sweep(decimal(0, 10)),
  ),
};

/** A default that the paper's rumours have otherwise. */
function shipped(ours: string | number, theirs: string | number): string {
  return `${ours}; with paper-rumour ${theirs}`;
}
