import { defaultsOf, type Settings } from '../settings.ts';

/** Direct mail; see {@link mailSettings}. */
export interface MailConfig {
  readonly maxPeers: number;
  readonly windowBytes: number;
  readonly batchBytes: number;
  readonly pieceBytes: number;
  readonly cursorDelayMs: number;
  readonly maxPendingBytes: number;
}

/** Unit, formula, trade-off and origin of every setting. */
export const mailSettings: Settings<MailConfig> = {
  maxPeers: {
    default: 30,
    min: 0,
    unit: 'peers',
    formula:
      'up to so many peers all nodes are linked to all others and mail each other; in a larger cluster each keeps a partial view and rumours carry the news',
    tradeOff: 'larger: one hop and one payload a node for more nodes, n (n - 1) / 2 links in all',
    origin: 'the design',
  },
  windowBytes: {
    default: 1_048_576,
    unit: 'bytes not yet acknowledged by a peer',
    formula:
      'mail stops at so much and goes on from the outbox when receipts come: rate <= window / round trip',
    tradeOff: 'larger: fills long fat links, more memory here and more queued before live news there',
    origin: '10 MB/s at 100 ms',
  },
  batchBytes: {
    default: 262_144,
    unit: 'bytes of changes in one message',
    formula: 'changes of one turn share messages of at most this; a larger change travels alone',
    tradeOff: 'larger: fewer messages and receipts, longer blocking of a thin link',
    origin: 'as for rumours',
  },
  pieceBytes: {
    default: 2_097_152,
    unit: 'bytes of one update',
    formula: 'a larger update is sent in pieces that are admissible one after the other',
    tradeOff: 'must stay below the largest message of a peer',
    origin: 'a quarter of the largest message',
  },
  cursorDelayMs: {
    default: 1000,
    unit: 'milliseconds',
    formula: 'receipts are written to disk once in so long; after a crash as much is mailed again',
    tradeOff: 'shorter: less mailed twice, more writes',
    origin: 'guess; receiving twice is harmless',
  },
  maxPendingBytes: {
    default: 8_388_608,
    unit: 'bytes received from a peer and not yet stored',
    formula: 'a peer that sends more without waiting for receipts is flooding and loses its link',
    tradeOff: 'must be above the largest window of any node',
    origin: 'the largest message of a peer',
  },
};

export const defaultMailConfig: MailConfig = defaultsOf(mailSettings);
