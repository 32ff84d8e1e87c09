import { tableNumber } from '../values.ts';
import { type OptionTable, option } from './option.ts';

/** What is simulated. */
export const whatOptions: Pick<OptionTable, 'table' | 'epidemic' | 'broadcast' | 'detection'> = {
  table: option('--table <1-5>', 'this table of the paper', '', ['table'], tableNumber),
  epidemic: option(
    '--epidemic',
    'the rumour machines alone, in cycles: up to 200,000 nodes',
    '',
    ['epidemic'],
    null,
  ),
  broadcast: option(
    '--broadcast',
    'one update over partial views, beside flooding and the limit',
    '',
    ['broadcast'],
    null,
  ),
  detection: option('--detection', 'failure detection with and without Lifeguard', '', ['detection'], null),
};
