import { decimal, wholeNumber } from '../values.ts';
import { type OptionTable, option } from './option.ts';

/** What is written. */
export const workloadOptions: Pick<OptionTable, 'updates' | 'rate' | 'size' | 'documents'> = {
  updates: option('--updates <count>', 'updates in a run', '100', ['nodes'], wholeNumber(1, 100_000)),
  rate: option(
    '--rate <count>',
    'updates a second in the whole cluster, at random nodes',
    '10',
    ['nodes'],
    decimal(0.001, 100_000),
  ),
  size: option(
    '--size <bytes>',
    'text typed in an update, bytes',
    '100',
    ['nodes', 'broadcast'],
    wholeNumber(1, 1_000_000),
  ),
  documents: option(
    '--documents <count>',
    'documents that the updates go to by turns',
    'one for each update',
    ['nodes'],
    wholeNumber(1, 100_000),
  ),
};
