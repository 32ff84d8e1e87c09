import { crash, lossShare, partition, share, stragglers, sweep, wholeNumber } from '../values.ts';
import { type OptionTable, option } from './option.ts';

/** What goes wrong. */
export const faultOptions: Pick<
  OptionTable,
  'loss' | 'delay' | 'duplicate' | 'reorder' | 'partition' | 'crash' | 'slow' | 'pause'
> = {
  loss: option(
    '--loss <share,…>',
    'share of packets lost; TCP sends them again',
    '0; with --detection 1%',
    ['nodes', 'detection'],
    sweep(lossShare),
  ),
  delay: option(
    '--delay <share:ms>',
    'share of frames held up, with all behind them, for so long, ms',
    'none',
    ['nodes'],
    stragglers,
  ),
  duplicate: option('--duplicate <share>', 'share of frames that arrive twice', '0', ['nodes'], share),
  reorder: option('--reorder <share>', 'share of frames overtaken by the next', '0', ['nodes'], share),
  partition: {
    ...option(
      '--partition <groups@from-until>',
      'cut by shares of the nodes (60/40@10-30) or by names of regions and nodes (eu/us+ap@10-30), s after the first ' +
        'update; may be repeated',
      'none',
      ['nodes'],
      partition,
    ),
    isRepeated: true,
  },
  crash: {
    ...option(
      '--crash <who@from-until>',
      'a share of the nodes (20%@10-40) or one by name (n3@10-40) killed and restarted, s; for good without an end; ' +
        'may be repeated',
      'none',
      ['nodes'],
      crash,
    ),
    isRepeated: true,
  },
  slow: option(
    '--slow <share>',
    'members whose event loop stops now and then while false alarms are counted',
    '10%',
    ['detection'],
    share,
  ),
  pause: option(
    '--pause <ms>',
    'how long it stops (half to one and a half times this), every 5 s on average, ms',
    '2500',
    ['detection'],
    wholeNumber(1, 600_000),
  ),
};
