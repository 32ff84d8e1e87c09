import { oneOf, regionLatency, regions, sweep, wholeNumber } from '../values.ts';
import { allModes, type OptionTable, option, spreadModes } from './option.ts';

/** The nodes and what is between them. */
export const networkOptions: Pick<
  OptionTable,
  'nodes' | 'topology' | 'regions' | 'regionLatency' | 'reach' | 'latency' | 'jitter'
> = {
  nodes: option(
    '--nodes <count,…>',
    'nodes, or sites of tables 1 to 3',
    '30; with --epidemic and tables 1000, with --detection 100, with --broadcast 100,1000',
    allModes,
    sweep(wholeNumber(2, 200_000)),
  ),
  topology: option(
    '--topology <name|file>',
    'full, ring, line, grid, two-grid (the 300-site stand-in), regions, or a JSON file that draws it',
    'full',
    spreadModes,
    (text) => text,
  ),
  regions: option(
    '--regions <name:nodes,…>',
    'regions of `--topology regions`; without numbers the nodes are split evenly',
    'eu,us,ap',
    spreadModes,
    regions,
  ),
  regionLatency: option(
    '--region-latency <ms|pair:ms,…>',
    'one way between regions, all or by pairs (eu-us:40), ms',
    '80',
    spreadModes,
    regionLatency,
  ),
  reach: option(
    '--reach <who>',
    'who can connect to whom: any (over the routes of the topology) or neighbours',
    'any',
    spreadModes,
    oneOf('any', 'neighbours'),
  ),
  latency: option(
    '--latency <ms>',
    'one way over one link, ms',
    '5',
    ['nodes', 'epidemic', 'broadcast'],
    wholeNumber(0, 60_000),
  ),
  jitter: option(
    '--jitter <ms>',
    'each frame takes up to so much longer on every link, ms',
    '5; with --broadcast 45',
    ['nodes', 'broadcast'],
    wholeNumber(0, 60_000),
  ),
};
