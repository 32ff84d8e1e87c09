import { decimal, wholeNumber } from '../values.ts';
import { allModes, type OptionTable, option } from './option.ts';

/** How often, how long, and where the results go. */
export const runOptions: Pick<OptionTable, 'runs' | 'patience' | 'observed' | 'seed' | 'out'> = {
  runs: option(
    '--runs <count>',
    'runs of each row, each with random numbers of its own',
    '5; with --epidemic and --broadcast 100, with --detection 20, of a table as many as the paper made',
    allModes,
    wholeNumber(1, Number.POSITIVE_INFINITY),
  ),
  patience: option(
    '--patience <s>',
    'longest wait for arrivals after the last update and fault, s',
    '120',
    ['nodes'],
    decimal(1, 86_400),
  ),
  observed: option(
    '--observed <minutes>',
    'time in which false alarms are counted, minutes',
    '60',
    ['detection'],
    wholeNumber(1, 10_000),
  ),
  seed: option(
    '--seed <text>',
    'decides everything: same seed, same output',
    'hearsay',
    allModes,
    (text) => text,
  ),
  out: option('--out <directory>', 'write JSON, CSV and SVG plots into it', 'none', allModes, (text) => text),
};
